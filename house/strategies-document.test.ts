/** docs/strategies.md names what the code has: a section per strategy, a row per mutation, every monitor, architecture and old bug. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ARCHITECTURES, HISTORY, MONITORS, STRATEGIES } from '../simulator/index.js';
import { ROOT } from './sources.js';

const text = readFileSync(join(ROOT, 'docs/strategies.md'), 'utf8');
/** Parts begin with a heading of the first level: the strategies, and the machine around them. */
const [strategies, machine] = text.split(/^# /m).slice(1) as [string, string];
const WHERE = { coarse: 'coarse', fine: 'fine', none: 'never' } as const;

function section(title: string): string {
  return strategies.split(/^## /m).find((part) => part.startsWith(`${title}\n`)) ?? '';
}

/** Rows of the tables of a text, by cell. */
function rowsOf(part: string): string[][] {
  return [...part.matchAll(/^\| (.*) \|$/gm)].map(([, row]) => row!.split(' | ').map((cell) => cell.trim()));
}

it('docs/strategies.md has one section per strategy', () => {
  expect([...strategies.matchAll(/^## (.+)$/gm)].map(([, title]) => title)).toEqual(STRATEGIES.map(({ id }) => id));
});

describe.each(STRATEGIES)('the section of $id', ({ id, mutations, variants }) => {
  it('draws the order of its steps', () => {
    expect(section(id)).toMatch(/^```\n[^`]*^harvest:|^```\n[^`]*harvest as /m);
  });

  it('has a row for each mutation: step, what happens to it, where it bites, old bug', () => {
    const rows = rowsOf(section(id)).filter(([mutation]) => mutation!.startsWith('`'));
    expect(
      rows.map(([mutation, step, how, bites, , bug = '']) => [mutation, step, how, bites!.split(',')[0], bug]),
    ).toEqual(
      mutations.map((one) => {
        const bug = one.history === undefined ? '' : `${one.history}, ${HISTORY[one.history].year}`;
        return [`\`${one.id}\``, one.step, one.how, WHERE[one.bites], bug];
      }),
    );
  });

  it('says why a mutation is harmless, and of no other that it is', () => {
    const rows = rowsOf(section(id)).filter(([mutation]) => mutation!.startsWith('`'));
    for (const [mutation, , , bites, stands] of rows)
      expect(stands!.startsWith('harmless'), mutation).toBe(bites === 'never');
  });

  it('names its variants', () => {
    for (const variant of variants ?? []) expect(section(id)).toContain(`\`${variant.id}\``);
  });
});

describe('the machine around them', () => {
  it.each([...MONITORS, ...ARCHITECTURES])('knows $id', ({ id }) => {
    expect(machine).toContain(`\`${id}\``);
  });

  it.each(ARCHITECTURES)('has the row of $id right', (architecture) => {
    const row = rowsOf(machine).find(([id]) => id === `\`${architecture.id}\``)!;
    const { hardwareSetsDirty, changeBitInFrame, flushBy, flushCeilingPages, secondStage, hugeEntries } = architecture;
    expect(row[1]).toContain(changeBitInFrame ? 'key' : hardwareSetsDirty ? 'walker' : 'trap');
    expect(row[2]).toContain({ ipi: 'interrupt', broadcast: 'broadcast', 'with-entry': 'with the change' }[flushBy]);
    if (flushBy !== 'with-entry') expect(row[3]).toBe(`${flushCeilingPages} pages`);
    expect(row.slice(4)).toEqual([secondStage, hugeEntries].map((has) => (has ? 'yes' : 'no')));
  });

  it('lists the historical bugs as the code has them', () => {
    const listed = rowsOf(machine.slice(machine.indexOf('## Historical bugs'))).slice(1);
    const bugs = Object.entries(HISTORY).map(([id, { year, what, reference }]) => [id, `${year}`, what, reference]);
    expect(listed.filter(([id]) => id !== '---')).toEqual(bugs);
  });
});
