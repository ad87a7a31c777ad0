/**
 * `why --prove` on the counterexample of every scenario, against the step that the history of its bug blames. Where the two differ is listed, with the
 * reason: neither side is changed to please the other.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { GRAVEST, TrailEvents, why } from '../../analyzer/index.js';
import { TrailReader } from '../../traces/index.js';
import { explore } from '../explore.js';
import { type GuiltyStep, type ScenarioDefinition, VARIANTS } from '../scenario.js';
import { SCENARIOS } from '../scenarios/index.js';
import { writeTrail } from '../trail.js';
import type { Guilty, Proof } from './proof.js';
import { prove } from './prove.js';

const folder = mkdtempSync(join(tmpdir(), 'pagetrail-proof-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Scenarios whose history blames another step than the proof names, and why both have a point. */
const DIFFER: Readonly<Record<string, string>> = {
  'zap-without-page-lock': 'the flush could also come before D is handed on; history took the page lock for granted',
  'move-checks-emptied-entry': 'the flush is late; that it is decided by a look at the wrong entry is why',
  'device-migration-flushes-late': 'who relied on the flush is named; history moved the flush of who owed it',
  'mmu-unlock-before-flush': 'the same: who relied on it, and who owed it',
  'split-drops-soft-dirty': 'the bit goes when the huge entry is taken out; history puts it into the small ones',
  'ksm-shares-dirty-page': 'D goes with the last unmap; history hands it on when the page is protected',
  'lazyfree-unmaps-pinned-page': 'the entry is taken out; history counts references before that is final',
  'forced-write-forgets-intent': 'the page is taken for private; history keeps the intent that leads there',
};
/** Not convicted: what would mend them is beyond a single change, or they have no safe form. */
const UNPROVED: readonly string[] = ['in-a-vm-broken', 'get-dirty-log-copies-twice', 'method-change-marks-interval'];

const CASES = SCENARIOS.flatMap((definition) =>
  definition.guilty === undefined ? [] : [{ id: definition.id, definition, guilty: definition.guilty }],
);
const agreed: string[] = [];

describe('the step that is named', () => {
  it.each(CASES)('$id', async ({ id, definition, guilty }) => {
    const proof = await proofOf(definition);
    const named = proof.guilty!;
    expect(named.says).not.toBe('');
    expect({ isConvicted: named.isConvicted }).toEqual({ isConvicted: !UNPROVED.includes(id) });
    expect(isSame(named, guilty), JSON.stringify(named)).toBe(!(id in DIFFER));
    if (isSame(named, guilty)) agreed.push(id);
    // The chain has it, and every link was judged.
    expect(proof.links).toHaveLength(proof.chain.links.length);
    if (named.isConvicted) {
      const at = proof.chain.links.findIndex(({ isCause }) => isCause);
      expect(proof.chain.links[at]).toMatchObject({ actor: named.actor, step: named.step });
      expect(proof.links[at]!.verdict).toBe('necessary');
    }
  });

  it('is the one that history blames, in so many of so many', () => {
    expect(`${agreed.length} of ${CASES.length}`).toBe('49 of 57');
  });
});

function isSame({ actor, step }: Guilty, guilty: GuiltyStep): boolean {
  return step === guilty.step && (actor === guilty.actor || guilty.actor === 'program');
}

async function proofOf({ id, setting, variants, architectures }: ScenarioDefinition): Promise<Proof> {
  const variant = variants[0] ?? VARIANTS[0];
  const [arch] = architectures;
  const found = await explore(setting(variant, arch), { maxStates: 1_000_000 });
  const path = join(folder, `${id}.trail`);
  await writeTrail({
    path,
    setting: found.setting,
    schedule: found.execution!.schedule,
    reduce: false,
    name: id,
    parameters: { verdict: found.verdict },
    spec: { scenario: id, variant: variants[0] ?? null, arch },
  });
  const reader = TrailReader.open(path);
  try {
    const chain = why(reader, GRAVEST)!;
    return (await prove(reader, chain, new TrailEvents(reader)))!;
  } finally {
    reader.close();
  }
}
