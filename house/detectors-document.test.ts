/** docs/detectors.md has a row for each detector, with what it needs, and names scenarios that exist. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DETECTORS, SEVERITIES } from '../analyzer/index.js';
import { RULES, SCENARIOS } from '../explorer/index.js';
import { ROOT } from './sources.js';

const text = readFileSync(join(ROOT, 'docs/detectors.md'), 'utf8');
const rows = new Map(
  [...text.matchAll(/^\| `([a-z-]+)` \| (.*) \|$/gm)].map(([, id, rest]) => [id!, rest!.split(' | ')] as const),
);

it('docs/detectors.md has the detectors, and no others', () => {
  expect([...rows.keys()].sort()).toEqual(DETECTORS.map(({ id }) => id).sort());
});

describe.each(DETECTORS.map((detector) => [detector.id, detector] as const))('%s', (id, { needs }) => {
  const [severity = '', meaning = '', needed = '', known = ''] = rows.get(id) ?? [];

  it('says what it means, how grave it is and what it needs', () => {
    expect(SEVERITIES.some((one) => severity.includes(one))).toBe(true);
    expect(meaning.length).toBeGreaterThan(20);
    expect(needed).toBe(needs.join(', '));
  });

  it('is known from something; a scenario that is named exists', () => {
    expect(known.length).toBeGreaterThan(10);
    const named = /\(([a-z0-9]+(?:-[a-z0-9]+)+)\)$/.exec(known)?.[1];
    if (named !== undefined) expect(SCENARIOS.map((scenario) => scenario.id)).toContain(named);
  });
});

it('whatever the explorer can find broken, but what only a search sees, a detector finds too', () => {
  const ids = DETECTORS.map(({ id }) => id);
  expect(RULES.map(({ id }): string => id).filter((id) => id !== 'deadlock' && !ids.includes(id))).toEqual([]);
});
