/**
 * Every scenario, both variants, on every architecture that it is asked about: the verdict is the one that it is known for, all states were seen, and the
 * trail of a counterexample is one that the detectors find the same in.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { check, DETECTORS } from '../../analyzer/index.js';
import { TrailReader } from '../../traces/index.js';
import { explore } from '../explore.js';
import { RULES } from '../rules.js';
import { type ScenarioDefinition, VARIANTS, type VariantId } from '../scenario.js';
import { writeTrail } from '../trail.js';
import { SCENARIOS } from './index.js';

const folder = mkdtempSync(join(tmpdir(), 'pagetrail-scenarios-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Case {
  readonly name: string;
  readonly definition: ScenarioDefinition;
  readonly variant: VariantId;
  readonly arch: string;
  readonly expects: string;
  readonly worst: number | null;
}

const CASES: readonly Case[] = SCENARIOS.flatMap((definition) => {
  const variants = definition.variants.length === 0 ? [VARIANTS[0]] : definition.variants;
  return variants.flatMap((variant, at) =>
    definition.architectures.map((arch) => ({
      name: [definition.id, ...(definition.variants.length === 0 ? [] : [variant]), arch].join(' '),
      definition,
      variant,
      arch,
      // What is only dear has no safe twin, just a cheaper one.
      expects: variant === 'fixed' && definition.kind !== 'cost' ? 'safe' : definition.expects,
      worst: definition.worst?.[at] ?? null,
    })),
  );
});
/** Rules about what a search alone can see: no detector finds them in a trail, so any finding above `info` will do. */
const SEARCH_ONLY = ['deadlock'];

describe('scenarios', () => {
  it('have ids of their own, and expect what there are rules for', () => {
    const ids = SCENARIOS.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const rules: readonly string[] = RULES.map(({ id }) => id);
    for (const { expects } of SCENARIOS) expect(['safe', ...rules]).toContain(expects);
  });

  it('name the step that is guilty, unless they are safe', () => {
    for (const { id, expects, guilty } of SCENARIOS) expect(guilty === undefined, id).toBe(expects === 'safe');
  });

  it.each(CASES)('$name: $expects', async ({ definition, variant, arch, expects, worst }) => {
    const found = await explore(definition.setting(variant, arch), { maxStates: 1_000_000 });
    expect({ verdict: found.verdict, exhaustive: found.exhaustive }).toEqual({ verdict: expects, exhaustive: true });
    expect(found.assumes.length).toBeGreaterThan(0);
    if (worst !== null) expect(found.worst?.ratio).toBe(worst);
    if (found.execution === null) return;
    const path = join(folder, `${definition.id}.trail`);
    const { schedule } = found.execution;
    const parameters = {};
    await writeTrail({ path, setting: found.setting, schedule, reduce: false, name: definition.id, parameters });
    const reader = TrailReader.open(path);
    const { verdict, counts } = check(reader, { strict: true });
    reader.close();
    expect(verdict).toBe('findings');
    if (!SEARCH_ONLY.includes(expects)) expect(counts[expects]).toBeGreaterThan(0);
  });

  it('are found in trails by detectors of the same ids', () => {
    const detectors = DETECTORS.map(({ id }) => id);
    const needed = new Set<string>(SCENARIOS.map(({ expects }) => expects));
    for (const id of [...needed].filter((one) => one !== 'safe' && !SEARCH_ONLY.includes(one)))
      expect(detectors).toContain(id);
  });
});
