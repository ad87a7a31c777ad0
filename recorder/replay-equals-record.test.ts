/**
 * What-if from end to end: a trail replayed under other settings is, event for event, what recording its log under them would have been; and
 * under its own settings it is itself. Logs are random: several CPUs and processes, loads, DMA, operations, accesses over page borders.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Random } from '../base/index.js';
import { type SimulationRequest, STRATEGIES } from '../simulator/index.js';
import { EVENT_BY_CODE, EventBatch, TrailReader } from '../traces/index.js';
import { record, replay } from './index.js';

const folder = mkdtempSync(join(tmpdir(), 'pagetrail-replay-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Line {
  readonly ns: number;
  readonly cpu: number;
  /** What stands behind time and CPU. */
  readonly rest: string;
}

/** @param kinds letters of kinds that occur beside writes */
function randomLog(seed: number, kinds: string, lines = 400): Line[] {
  const random = new Random(seed);
  const clocks = [0, 0, 0, 0];
  return Array.from({ length: lines }, () => {
    const kind = random.below(4) > 0 ? 'w' : kinds[random.below(kinds.length)]!;
    // A trail does not keep beside which CPU a device or the kernel wrote.
    const cpu = 'dk'.includes(kind) ? 0 : random.below(4);
    const ns = (clocks[cpu]! += random.below(9));
    const address = 0x4000_0000 + random.below(40) * 4096 + random.below(4096);
    const whole = 'umsh'.includes(kind) && random.below(2) === 0;
    return { ns, cpu, rest: whole ? `0,0,${kind}` : `${address},${1 << random.below(6)},${kind}` };
  });
}

function written(name: string, lines: readonly Line[]): string {
  const path = join(folder, `${name}.csv`);
  writeFileSync(path, lines.map(({ ns, cpu, rest }) => `${ns},${cpu},${rest}\n`).join(''));
  return path;
}

/** Every event of a trail in words, and what its meta and ending say, sources aside. */
function contents(path: string): { events: string[]; meta: object; ending: object } {
  const reader = TrailReader.open(path);
  try {
    const events: string[] = [];
    const batch = new EventBatch(Math.max(...reader.chunks.map((chunk) => chunk.events)));
    for (let chunk = 0; chunk < reader.chunks.length; chunk++) {
      reader.readChunk(chunk, batch);
      for (let row = 0; row < batch.length; row++) {
        const { kind, slot } = EVENT_BY_CODE[batch.kind[row]!]!;
        const fields = Object.values(slot).map((number) => batch.slots[number]![row]);
        const { time, cpu, actor, space, step, page } = batch;
        events.push([kind, time[row], cpu[row], actor[row], space[row], step[row], page[row], ...fields].join(' '));
      }
    }
    const { source: _source, ...meta } = reader.meta;
    return { events, meta, ending: { ...reader.ending } };
  } finally {
    reader.close();
  }
}

let files = 0;
const fresh = () => join(folder, `${files++}.trail`);

async function recorded(log: string, request: SimulationRequest): Promise<string> {
  const output = fresh();
  await record({ ...request, output, source: { import: log, reads: true } });
  return output;
}

async function replayed(trail: string, changes: SimulationRequest): Promise<string> {
  const output = fresh();
  await replay({ ...changes, trail, output });
  return output;
}

const BASE: SimulationRequest = {
  strategy: 'hw-dirty',
  vma: 'shared-file',
  harvestEvery: 50,
  tlbSets: 4,
  tlbWays: 2,
  objectPages: 64,
};

describe('a replay under other settings is a recording under them', () => {
  it.each<[string, SimulationRequest]>([
    ...STRATEGIES.filter(({ vmas }) => vmas.includes('shared-file')).map(
      ({ id, architectures: [arch] }): [string, SimulationRequest] => [`strategy ${id}`, { strategy: id, arch }],
    ),
    ['arch', { arch: 'arm64' }],
    ['arch where hardware sets D', { arch: 'riscv64-svadu' }],
    ['TLB', { tlbSets: 1, tlbWays: 3 }],
    ['harvest interval', { harvestEvery: 7 }],
    ['no harvest but the last', { harvestEvery: 0 }],
    ['cost profile', { cost: 'x86-64-vm' }],
    ['one cost', { costOverrides: { wpFault: 12_345, scanArm: 1 } }],
    ['faults at first accesses', { populate: 'lazy' }],
    ['processes', { mms: 2 }],
    ['a device that does not snoop', { device: 'non-coherent' }],
    ['memory', { memory: 'device' }],
    ['gaps', { vmaGapPages: 3 }],
    ['more CPUs than ran', { cpus: 8 }],
  ])('%s', async (name, changes) => {
    const log = written('log', randomLog(name.length, 'rdkumh'));
    const trail = await recorded(log, BASE);
    const again = contents(await replayed(trail, changes));
    expect(again).toEqual(contents(await recorded(log, { ...BASE, ...changes })));
    // Some settings change costs alone, or nothing: the others must be seen to have an effect.
    if (!/more CPUs|memory|gaps|processes/.test(name) && changes.strategy !== BASE.strategy)
      expect(again.events).not.toEqual(contents(trail).events);
  });

  it.each([
    ['one thread a CPU, as recorded', 4],
    ['two', 2],
    ['all on one', 1],
    ['unevenly', 3],
  ])('CPUs: %s', async (_, cpus) => {
    const lines = randomLog(cpus, 'rdkumh');
    // By hand: threads on one CPU take turns, so each adds what it spent since its access before.
    const [theirs, ours] = [new Map<number, number>(), new Map<number, number>()];
    const folded = lines.map(({ ns, cpu, rest }) => {
      const on = cpu % cpus;
      const spent = ns - (theirs.get(cpu) ?? ns);
      theirs.set(cpu, ns);
      ours.set(on, ours.has(on) ? ours.get(on)! + spent : ns);
      return { ns: ours.get(on)!, cpu: on, rest };
    });
    const trail = await recorded(written('log', lines), BASE);
    const expected = await recorded(written('folded', folded), { ...BASE, cpus });
    expect(contents(await replayed(trail, { cpus }))).toEqual(contents(expected));
    expect(contents(await recorded(written('log', lines), { ...BASE, cpus }))).toEqual(contents(expected));
  });
});

describe('a replay under the same settings is the trail itself', () => {
  const CASES: ReadonlyArray<readonly [string, SimulationRequest, string]> = [
    ...STRATEGIES.map(({ id }) => [id, { strategy: id, harvestEvery: 40 }, 'rdkumh'] as const),
    ['processes', { ...BASE, mms: 3 }, 'rdkumhf'],
    ['a guest in a host', { guest: 'hw-dirty', host: 'pml', harvestEvery: 30 }, 'rdkuh'],
    ['huge entries', { strategy: 'hw-dirty', pageSize: '2m', harvestEvery: 30 }, 'rdkush'],
    ['figures', { ...BASE, costOverrides: { wpFault: 3 } }, 'r'],
    ['an alias', { ...BASE, alias: '0x40014=0x40000:4' }, 'rdk'],
  ];
  it.each(CASES)('%s', async (name, request, kinds) => {
    for (const seed of [1, 2, 3]) {
      const trail = await recorded(written('log', randomLog(seed, kinds)), { objectPages: 64, ...request });
      const again = await replayed(trail, {});
      expect(contents(again), `${name}, seed ${seed}`).toEqual(contents(trail));
      expect(contents(await replayed(again, {})), `${name}, seed ${seed}, twice`).toEqual(contents(trail));
    }
  });

  it.each(['multi-cpu-shared', 'two-processes', 'device-and-cpu', 'zipf'])('of workload %s', async (workload) => {
    const trail = fresh();
    await record({
      vma: 'shared-file',
      harvestEvery: 500,
      output: trail,
      source: { workload, writes: 4000, pages: 64 },
    });
    expect(contents(await replayed(trail, {}))).toEqual(contents(trail));
  });
});
