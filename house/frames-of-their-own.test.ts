/**
 * Frames that are replaced and given up, and flushes by sender: operations that no strategy performs, put to a machine at random. The fold of
 * what they journal is the machine's own state, and a page that was given up is like one that was never there.
 */
import { describe, expect, it } from 'vitest';
import { Random } from '../base/index.js';
import { Fold } from '../replayer/index.js';
import {
  access,
  ACTOR_HARVEST,
  ACTOR_PROGRAM,
  AccessKind,
  buildWorld,
  CARRIER,
  Changes,
  CLAIM,
  configure,
  Cover,
  FLUSH_REASON,
  type Micro,
  micro,
  Op,
  snapshotOf,
  STRATEGIES,
  type World,
  WRITTEN,
} from '../simulator/index.js';
import { CLAIMS, carrierMask, changesSince, EVENT_BY_CODE, PAGE_GONE, PTE_PRESENT } from '../traces/index.js';
import { Mirror, rowsOf } from './mirror.js';

const CPUS = 2;
const PAGES = 6;
const strategies = STRATEGIES.filter(({ monitor }) => monitor === undefined).map(({ id }) => id);

function build(request: Parameters<typeof configure>[0]): World & { readonly fold: Fold } {
  const settings = configure({ objectPages: 16, cpus: CPUS, ...request });
  const world = buildWorld(settings, () => expect.unreachable('the run must fit a batch'), false);
  world.machine.addCpus(CPUS - 1);
  const carriers = world.tracking.strategy.carriers ?? settings.strategy.carriers;
  world.machine.reads = carrierMask(carriers);
  const { spaces } = world;
  const actors = ['harvest', 'device'];
  const fold = new Fold({ arch: settings.architecture.id, carriers, spaces, tlb: settings.tlb, actors, options: {} });
  return { ...world, fold };
}

function complete({ machine }: World, code: Micro): void {
  for (let next = code.next(0); !next.done; next = code.next(machine.execute(next.value))) {
    if (next.value.code === Op.flushWait)
      for (let cpu = 0; cpu < CPUS; cpu++) while (machine.flushes.isPending(cpu)) machine.flushes.acknowledge(cpu);
  }
}

function kindsOf({ machine }: World): Array<string | undefined> {
  const { batch } = machine.journal;
  return Array.from(batch.kind.subarray(0, batch.length), (code) => EVENT_BY_CODE[code]?.kind);
}

/** Something random done by a CPU to a page. */
function* anything(world: World, random: Random, page: number): Micro {
  const { machine, tracking } = world;
  const isIn = machine.pages.frame[page]! >= 0;
  const choice = random.below(8);
  if (choice < 3 || !isIn) {
    const kind = random.below(4) === 0 ? AccessKind.load : AccessKind.store;
    yield* access(tracking, kind, [{ page, offset: 8 * random.below(4), size: 8 }]);
  } else if (choice === 3)
    yield micro(Op.replaceFrame, 'move contents', page, tracking.strategy.mappedFlags | (random.below(2) * WRITTEN));
  else if (choice === 4) {
    yield micro(Op.pteUnmap, 'unmap entries', page);
    yield micro(Op.declare, 'unmap entries', page, CLAIM.gone);
    yield micro(Op.discardFrame, 'unmap entries', page);
  } else if (choice === 5) yield micro(Op.transfer, 'transfer', page);
  else if (choice === 6) yield micro(Op.markSet, 'mark page', page, CARRIER.bitmap);
  else {
    yield micro(Op.flushSend, 'flush', page, FLUSH_REASON.unmap, page, random.below(2) ? Cover.range : Cover.space);
    yield micro(Op.flushWait, 'flush');
  }
}

describe.each(strategies)('%s', (strategy) => {
  it.each([1, 2, 3, 4, 5, 6])('seed %i: the fold is the machine', (seed) => {
    const random = new Random(seed);
    const { architectures } = STRATEGIES.find(({ id }) => id === strategy)!;
    const arch = architectures[seed % architectures.length]!;
    const world = build({ strategy, arch, tlbSets: 2, tlbWays: 2 });
    const { machine, fold, layouts } = world;
    const pages = Array.from({ length: PAGES }, (_, i) => machine.intern(0, 0x1ff + i));
    const changes = new Changes(machine, layouts);
    const mirror = new Mirror();
    let gone = 0;
    for (let step = 0; step < 300; step++) {
      const cpu = random.below(CPUS);
      machine.journal.enter(ACTOR_PROGRAM + cpu, cpu);
      const page = pages[random.below(PAGES)]!;
      complete(world, anything(world, random, page));
      if (random.below(30) === 0) complete(world, world.tracking.strategy.harvest());
      if (random.below(8) !== 0) continue;
      // A checkpoint says what is not as it was in the one before.
      const { changed } = changes.take();
      gone += changed.frame.filter((frame) => frame === PAGE_GONE).length;
      expect(mirror.take(changed)).toEqual(rowsOf(changesSince(null, snapshotOf(machine, layouts)).changed));
    }
    expect(gone).toBeGreaterThan(0);
    fold.apply(machine.journal.batch);
    expect(fold.snapshot()).toEqual(snapshotOf(machine, layouts));
    expect(machine.pages.tables.reduce((sum, { used }) => sum + used, 0)).toBe(
      pages.filter((page) => machine.pages.frame[page]! >= 0).length,
    );
  });
});

describe('operations', () => {
  it('a replaced frame takes the contents along, and a CPU that cached the old one goes on there', () => {
    const world = build({ strategy: 'hw-dirty' });
    const { machine, tracking, layouts } = world;
    const page = machine.intern(0, 16);
    const store = () => complete(world, access(tracking, AccessKind.store, [{ page, offset: 0, size: 8 }]));
    machine.journal.enter(ACTOR_PROGRAM, 0);
    store();
    machine.journal.enter(ACTOR_HARVEST, 1);
    const before = machine.journal.batch.length;
    const old = machine.execute(micro(Op.replaceFrame, 'move contents', page, PTE_PRESENT));
    expect(old & WRITTEN).toBe(WRITTEN);
    expect(kindsOf(world).slice(before)).toEqual(['pte', 'frame-move', 'pte']);
    machine.journal.enter(ACTOR_PROGRAM, 0);
    store();
    expect(kindsOf(world).at(-1)).toBe('write');
    const { frames } = snapshotOf(machine, layouts);
    expect([frames.generation[0], frames.captured[0]]).toEqual([1, 0]);
  });

  it('a page that was given up gets a fresh frame', () => {
    const world = build({ strategy: 'hw-dirty', populate: 'lazy' });
    const { machine, tracking } = world;
    const page = machine.intern(0, 16);
    machine.journal.enter(ACTOR_PROGRAM, 0);
    const store = () => complete(world, access(tracking, AccessKind.store, [{ page, offset: 0, size: 8 }]));
    store();
    const frame = machine.pages.frame[page];
    expect(() => machine.execute(micro(Op.discardFrame, 'unmap entries', page))).toThrow(/an entry maps/);
    machine.execute(micro(Op.pteUnmap, 'unmap entries', page));
    machine.execute(micro(Op.discardFrame, 'unmap entries', page));
    expect([machine.pages.frame[page], machine.pages.marks[page]]).toEqual([-1, 0]);
    const range = [micro(Op.flushSend, 'flush', page, FLUSH_REASON.unmap), micro(Op.flushWait, 'flush')];
    complete(
      world,
      (function* () {
        for (const op of range) yield op;
      })(),
    );
    expect(machine.cpus.tlbs[0]!.valid).toBe(0);
    store();
    expect(machine.pages.frame[page]).not.toBe(frame);
    expect(kindsOf(world).filter((kind) => kind === 'map' || kind === 'unmap')).toEqual(['map', 'unmap', 'map']);
  });

  it('variables, claims, rounds and questions', () => {
    const world = build({ strategy: 'hw-dirty' });
    const { machine } = world;
    const page = machine.intern(0, 16);
    const results = [
      micro(Op.recall, 'harvest', -1, 3),
      micro(Op.remember, 'harvest', -1, 3, 7),
      micro(Op.remember, 'harvest', -1, 3, 9),
      micro(Op.recall, 'harvest', -1, 3),
      micro(Op.settle, 'harvest', -1, 1),
      micro(Op.harvestBegin, 'harvest'),
      micro(Op.declare, 'harvest', page, CLAIM.compared),
      micro(Op.harvestEnd, 'harvest'),
    ].map((op) => machine.execute(op));
    expect(results).toEqual([0, 0, 7, 9, 0, 0, 0, 0]);
    expect(kindsOf(world)).toEqual(['harvest-begin', 'declare', 'harvest-end']);
    expect(CLAIMS[machine.journal.batch.slots[0]![1]!]).toBe('compared');
    expect(machine.harvests).toBe(1);
  });

  it('a flush is acknowledged by sender, where one is named', () => {
    const world = build({ strategy: 'hw-dirty' });
    const { machine, tracking } = world;
    const [one, another] = [machine.intern(0, 16), machine.intern(0, 17)];
    machine.journal.enter(ACTOR_PROGRAM, 0);
    for (const page of [one, another])
      complete(world, access(tracking, AccessKind.store, [{ page, offset: 0, size: 8 }]));
    for (const [page, sender] of [
      [one, ACTOR_HARVEST],
      [another, ACTOR_PROGRAM + 1],
    ] as const) {
      machine.journal.enter(sender, 1);
      machine.execute(micro(Op.flushSend, 'flush', page, FLUSH_REASON.harvest, page, Cover.range));
    }
    expect(machine.flushes.isPending(0, ACTOR_PROGRAM + 2)).toBe(false);
    machine.flushes.acknowledge(0, ACTOR_PROGRAM + 1);
    expect([one, another].map((page) => machine.cpus.tlbs[0]!.slotOf[page]! >= 0)).toEqual([true, false]);
    expect(machine.flushes.isPending(0, ACTOR_PROGRAM + 1)).toBe(false);
    expect(machine.flushes.isPending(0)).toBe(true);
  });
});
