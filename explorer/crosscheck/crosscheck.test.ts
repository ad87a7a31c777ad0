/** The search, SPIN and the document say the same of the protocols. Where SPIN is not installed its part is skipped, and the names of the tests say so. */
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { explore } from '../explore.js';
import type { Setting } from '../scenario.js';
import { PROTOCOLS } from './protocols.js';
import { sketchTable, spinSetting, spinTable } from './table.js';

const here = dirname(fileURLToPath(import.meta.url));
const missing = ['spin', 'gcc'].filter((tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0);
const WITHOUT = missing.length === 0 ? '' : ` [skipped: ${missing.join(' and ')} missing; apt-get install spin gcc]`;

/** Verdicts that run.sh prints, by protocol; its exit code says only whether they are those of its own table. */
function askSpin(environment: Readonly<Record<string, string>>): Promise<Map<string, string>> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...environment };
    execFile('sh', [join(here, 'run.sh')], { env, encoding: 'utf8' }, (error, output, complaints) => {
      if (error !== null && error.code !== 1) reject(new Error(complaints));
      else
        resolve(
          new Map(
            output
              .trim()
              .split('\n')
              .map((line) => line.split(' ').slice(0, 2) as [string, string]),
          ),
        );
    });
  });
}

const VARIATIONS: ReadonlyArray<readonly [string, Readonly<Record<string, string>>, (id: string) => Setting]> = [
  ['one page', { PAGES: '1' }, (id) => spinSetting(id, 1)],
  ['two pages', { PAGES: '2' }, (id) => spinSetting(id, 2)],
  ['TLB entries that come and go', { FILL: '1' }, (id) => ({ ...spinSetting(id, 1), evictions: 2 })],
  [
    'flushes that are acted on within an instruction',
    { EAGER_ACK: '1' },
    (id) => ({ ...spinSetting(id, 1), unwaited: [0] }),
  ],
];

describe('the search and SPIN come to the same verdicts', () => {
  it.skipIf(missing.length > 0).each(VARIATIONS)(`%s${WITHOUT}`, async (_, environment, setting) => {
    const spin = await askSpin(environment);
    expect([...spin.keys()]).toEqual(PROTOCOLS.filter(({ inSpin }) => inSpin).map(({ id }) => id));
    for (const [id, verdict] of spin) {
      const { broken, verdict: ours, exhaustive } = await explore(setting(id));
      expect(exhaustive).toBe(true);
      // A write to a frame that was dropped is lost too, and has a graver name here.
      expect(broken.includes('lost-write') ? 'lost-write' : ours, id).toBe(verdict);
    }
  });
});

describe.each(PROTOCOLS)('$id', ({ expects, setting }) => {
  it.each([
    { pages: 1, stores: 2, cpus: 1, rounds: 1, begins: 'clean' },
    { pages: 1, stores: 1, cpus: 2, rounds: 1, begins: 'clean' },
    { pages: 2, stores: 1, cpus: 1, rounds: 2, begins: 'clean' },
  ] as const)('is what it is known for, %j', async (size) => {
    expect((await explore(setting(size), { reduce: true })).verdict).toBe(expects);
  });
});

describe('docs/explorer-crosscheck.md', () => {
  const text = readFileSync(join(here, '../../docs/explorer-crosscheck.md'), 'utf8');

  it.each([
    ['one round', sketchTable],
    ['two rounds', spinTable],
  ])('shows the table of %s as `npm run crosscheck` prints it', async (_, table) => {
    expect(text).toContain(await table());
  });
});
