/** The figures and outputs in docs/four-questions.md are those of the commands they stand beside. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { pagetrail, scratchFolder } from '../cli/index.js';
import { ROOT } from './sources.js';

const scratch = scratchFolder();
afterAll(() => scratch.remove());

const text = readFileSync(join(ROOT, 'docs/four-questions.md'), 'utf8');
const rows = [...text.matchAll(/^\| `pagetrail (explore [^`]+)` \| ([\w-]+) \| ([\d,]+) \| ([\d,]+) \|$/gm)].map(
  ([, line, verdict, states, interleavings]) => ({
    line: line!,
    verdict: verdict!,
    states: Number(states!.replaceAll(',', '')),
    interleavings: interleavings!.replaceAll(',', ''),
  }),
);
const blocks = [...text.matchAll(/^```console\n\$ pagetrail (explore .*)\n([\s\S]*?)^```$/gm)].map(
  ([, line, output]) => ({ line: line!, output: output! }),
);

describe('docs/four-questions.md', () => {
  it('has figures and outputs', () => {
    expect(rows.length).toBeGreaterThanOrEqual(10);
    expect(blocks.length).toBeGreaterThanOrEqual(4);
  });

  it.each(rows)('$line', async ({ line, verdict, states, interleavings }) => {
    const ran = await pagetrail([...line.split(' '), '--json', '-o', scratch.path('row.trail')]);
    expect(JSON.parse(ran.stdout)).toMatchObject({ verdict, states, interleavings, exhaustive: true });
  });

  it.each(blocks)('$line shows what it prints', async ({ line, output }) => {
    const name = `${line.split(' ')[1]}.trail`;
    const ran = await pagetrail([...line.split(' '), '-o', scratch.path(name)]);
    expect(ran.stdout.replaceAll(scratch.path(''), '').slice(0, output.length)).toBe(output);
  });
});
