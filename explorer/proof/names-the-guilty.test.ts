/**
 * `why --prove` on the counterexample of every scenario names the step that the history of its bug blames, and convicts it. It does not look at what the
 * scenario says of that: where several steps would mend a program, it goes by rules (docs/scenarios.md).
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

/** Without a form that costs nothing: what the worst comes to with the step done otherwise. */
const LESS: Readonly<Record<string, Guilty['left']>> = {
  'get-dirty-log-copies-twice': { cost: 'reports', before: 2, after: 1.5 },
  'method-change-marks-interval': { cost: 'reports', before: 1.5, after: 1 },
};

const CASES = SCENARIOS.flatMap((definition) =>
  definition.guilty === undefined ? [] : [{ id: definition.id, definition, guilty: definition.guilty }],
);

describe('the step that is named', () => {
  it.each(CASES)('$id', async ({ id, definition, guilty }) => {
    const proof = await proofOf(definition);
    const named = proof.guilty!;
    expect(named.says).not.toBe('');
    expect(named.isConvicted).toBe(true);
    expect(isSame(named, guilty), JSON.stringify(named)).toBe(true);
    // The chain has it, and every link was judged.
    expect(proof.links).toHaveLength(proof.chain.links.length);
    const at = proof.chain.links.findIndex(({ isCause }) => isCause);
    expect(proof.chain.links[at]).toMatchObject({ actor: named.actor, step: named.step });
    expect(proof.links[at]!.verdict).toBe('necessary');
    expect(named.left).toEqual(LESS[id] ?? null);
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
