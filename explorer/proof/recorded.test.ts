/**
 * Proofs of recordings: of every defect of every strategy that loses a write when operations run to completion, the chain has the step that the defect
 * takes out or moves, playing again without the defect makes the finding go, and the proof says so.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Chain, check, parseTarget, TrailEvents, why } from '../../analyzer/index.js';
import { type AccessSource, openSource, play, record, replaySettings } from '../../recorder/index.js';
import { configure, type SimulationRequest, STRATEGIES } from '../../simulator/index.js';
import { EVENT_BY_CODE, type EventBatch, TrailReader } from '../../traces/index.js';
import type { Proof } from './proof.js';
import { prove } from './prove.js';
import { lacking } from './without-access.js';

const folder = mkdtempSync(join(tmpdir(), 'pagetrail-recorded-proof-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Steps that the chain may blame, by defect: what the defect drops, moves or weakens, by the names of steps in trails. */
const BLAMED: Readonly<Record<string, readonly string[]>> = {
  'no-flush': ['flush'],
  'no-mark': ['mark page'],
  'no-rearm': ['protect entries'],
  'no-collect': ['unmap entries', 'mark page', 'take entry out'],
  'swap-drops-bit': ['unmap entries', 'mark page', 'take entry out'],
  'move-drops-dirty': ['move contents', 'unmap entries', 'mark page', 'take entry out'],
  'no-cache-flush': ['flush CPU caches'],
  'no-kick': ['mark page'],
  'initially-set': ['mark page'],
};

const OPERATIONS: Readonly<Record<string, { readonly moveEvery?: number; readonly unmapEvery?: number }>> = {
  'no-collect': { unmapEvery: 150 },
  'swap-drops-bit': { unmapEvery: 150 },
  'move-drops-dirty': { moveEvery: 150 },
};

interface Case {
  readonly name: string;
  readonly request: SimulationRequest;
  readonly mutation: string;
}

const CASES: readonly Case[] = STRATEGIES.flatMap(({ id, mutations }) =>
  mutations
    .filter(({ id: defect, bites, needs }) => bites === 'coarse' && defect in BLAMED && !needs.includes('guest'))
    .map(({ id: defect, needs }) => ({
      name: `${id} with ${defect}`,
      mutation: defect,
      request: {
        strategy: id,
        mutations: [defect],
        ...(needs.includes('non-coherent') && { device: 'non-coherent' }),
      },
    })),
);

async function recorded(name: string, request: SimulationRequest, mutation: string) {
  const output = join(folder, `${name.replaceAll(/\W+/g, '-')}.trail`);
  const source = { workload: 'zipf', writes: 1200, pages: 24, ...OPERATIONS[mutation] };
  await record({ ...request, harvestEvery: 200, output, source });
  return TrailReader.open(output);
}

async function explained(reader: TrailReader, target: string): Promise<{ chain: Chain; proof: Proof }> {
  const chain = why(reader, parseTarget(target))!;
  return { chain, proof: (await prove(reader, chain, new TrailEvents(reader)))! };
}

describe('a defect that was switched in', () => {
  let lost = 0;
  it.each(CASES)('$name', async ({ name, request, mutation }) => {
    const reader = await recorded(name, request, mutation);
    try {
      if (check(reader).counts['lost-write'] === 0) return;
      lost++;
      const { chain, proof } = await explained(reader, 'lost-write');
      const blamed = chain.links.filter(({ isCause }) => isCause).map(({ step }) => step);
      expect(
        blamed.some((step) => BLAMED[mutation]!.includes(step)),
        `${blamed.join()}`,
      ).toBe(true);
      expect(proof).toMatchObject({ method: 'replay', notes: [] });
      expect(proof.guilty).toMatchObject({ isConvicted: true, by: `${mutation} taken out` });
      const at = proof.chain.links.findIndex(({ isCause }) => isCause);
      expect(proof.links[at]).toMatchObject({ verdict: 'necessary' });
      expect(proof.links).toHaveLength(chain.links.length);
    } finally {
      reader.close();
    }
  });

  it('lost something in most of them, so the chains were put to the test', () => {
    expect(lost).toBeGreaterThan(CASES.length / 2);
  });
});

it('what is left out is all that is left out: harvests stay where they are', async () => {
  const reader = await recorded('same', { strategy: 'hw-dirty' }, 'none');
  const { meta, path } = reader;
  const request = replaySettings(meta, {});
  const kindsOf = async (every: number, wrap: (source: AccessSource) => AccessSource) => {
    const source = await openSource({ trail: path }, { seed: 1, cpus: undefined });
    const kinds: string[] = [];
    const settings = configure({ ...request, harvestEvery: every });
    const look = (batch: EventBatch) => {
      for (const code of batch.kind.subarray(0, batch.length)) kinds.push(EVENT_BY_CODE[code]!.kind);
    };
    await play(wrap(source), settings, () => look);
    source.close();
    return kinds.filter((kind) => kind !== 'operation');
  };
  const { harvestEvery: every } = meta;
  const whole = await kindsOf(every, (source) => source);
  expect(await kindsOf(0, (source) => lacking(source, { every }))).toEqual(whole);
  const count = (kinds: readonly string[], kind: string) => kinds.filter((one) => one === kind).length;
  const less = await kindsOf(0, (source) => lacking(source, { every, harvest: 2 }));
  expect(count(less, 'harvest-end')).toBe(count(whole, 'harvest-end') - 1);
  expect(count(less, 'write')).toBe(count(whole, 'write'));
  const write = new TrailEvents(reader).lastBefore(400, ['write'], () => true)!;
  const access = { cpu: write.cpu, page: write.page, programNs: write.fields['program']! };
  const fewer = await kindsOf(0, (source) => lacking(source, { every, access }));
  expect(count(fewer, 'write')).toBe(count(whole, 'write') - 1);
  expect(count(fewer, 'harvest-end')).toBe(count(whole, 'harvest-end'));
  reader.close();
});

it('asks about the very write: the harvest that cleared its mark is necessary, other writes of the page may be lost without it', async () => {
  const reader = await recorded('many', { strategy: 'hw-dirty', mutations: ['no-flush'] }, 'no-flush');
  const { chain, proof } = await explained(reader, 'lost-write');
  const verdictOf = (kind: string) => proof.links[chain.links.findIndex((link) => link.kind === kind)]!;
  expect(verdictOf('missing')).toMatchObject({ verdict: 'necessary' });
  const harvests = chain.links.filter(({ actor, kind }) => actor === 'harvest' && kind !== 'missing');
  expect(harvests.length).toBeGreaterThan(0);
  for (const { kind } of harvests)
    if (verdictOf(kind).verdict !== 'not tried')
      expect(verdictOf(kind)).toMatchObject({
        verdict: 'necessary',
        text: expect.stringMatching(/^without harvest/) as unknown,
      });
  reader.close();
});

it('a finding of another detector is looked for by that detector', async () => {
  const reader = await recorded('elided', { strategy: 'hw-dirty', mutations: ['no-flush'] }, 'no-flush');
  const { proof } = await explained(reader, 'elided-flush');
  expect(proof.guilty).toMatchObject({ step: 'flush', isConvicted: true });
  reader.close();
});

it('where no defect was switched in, nobody is convicted', async () => {
  const output = join(folder, 'dma.trail');
  await record({
    strategy: 'pfn-mkwrite',
    harvestEvery: 100,
    output,
    source: { workload: 'device-and-cpu', writes: 1000, pages: 16 },
  });
  const reader = TrailReader.open(output);
  if ((check(reader).counts['invisible-write'] ?? 0) > 0) {
    const { proof } = await explained(reader, 'invisible-write');
    expect(proof.guilty).toMatchObject({ step: 'mark page', isConvicted: false });
  }
  reader.close();
});
