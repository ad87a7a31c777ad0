/**
 * Every strategy against its closed forms: faults, exits, flushes, slots scanned, pages and bytes of a real log and of two workloads, in coarse
 * mode, on the machine that is native to it and on others. What is expected comes from the accesses alone (`closed-forms.ts`).
 */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { WORKLOADS } from '../recorder/index.js';
import {
  AccessBatch,
  AccessKind,
  ARCHITECTURES,
  configure,
  Simulation,
  type SimulationRequest,
  STRATEGIES,
} from '../simulator/index.js';
import {
  cacheFlush,
  type EventBatch,
  exit,
  EXIT_REASONS,
  FAULT_HANDLERS,
  fault,
  flushSend,
  report,
  transfer,
  walk,
} from '../traces/index.js';
import {
  type Counts,
  epochsOf,
  Harvested,
  nothing,
  storesOfLog,
  type Store,
  TABLE_PAGES,
  tablesOf,
} from './closed-forms.js';
import { ROOT } from './sources.js';

const INTERVALS = [1000, 7777];
const HANDLER = { 'not-present': 'notPresent', 'write-protect': 'writeProtect', 'dirty-trap': 'dirtyTrap' } as const;
const RING_ENTRIES = 512;
const PAGE_BYTES = 4096;
/** For `adaptive`: small enough to begin with D bits. */
const SMALL_OBJECT = 300;

/** What one harvest, with the epoch before it, adds to the counts. */
type Form = (harvested: Harvested) => Partial<Counts>;

const reports = (pages: number) => ({ reported: pages, bytes: pages * PAGE_BYTES });
const protecting = (h: Harvested) => ({ writeProtect: h.dirty, ...reports(h.dirty) });
const exiting = (h: Harvested, exits: Record<string, number>) => ({
  exits,
  scanned: h.dirty,
  ...reports(h.dirty),
  ...h.harvestFlushes(1),
});

const pageByPage: Form = (h) => ({ ...protecting(h), scanned: h.dirty, ...h.harvestFlushes(h.dirty) });
const dirtyBits: Form = (h) => ({ scanned: h.allSlots, ...reports(h.dirty), ...h.harvestFlushes(h.dirtyVmas) });
const ofInterval: Form = (h) => ({
  ...protecting(h),
  scanned: h.intervalSlots,
  ...h.harvestFlushes(h.dirtyVmas),
});

const FORMS: Readonly<Record<string, Form>> = {
  'full-upload': (h) => reports(h.epoch.mapped.length),
  compare: (h) => reports(h.dirty),
  'bounce-buffer': pageByPage,
  'page-mkwrite': pageByPage,
  'pfn-mkwrite': ofInterval,
  'hw-dirty': dirtyBits,
  'hw-dirty-wp': (h) => ({ ...protecting(h), scanned: 2 * h.allSlots, ...h.harvestFlushes(2 * h.dirtyVmas) }),
  adaptive: dirtyBits, // below 512 pages, where every epoch has writes
  'soft-dirty': (h) => ({ ...protecting(h), scanned: 2 * h.allSlots, ...h.harvestFlushes(1) }),
  'uffd-wp-sync': (h) => ({ ...protecting(h), scanned: h.dirty, ...h.harvestFlushes(h.runs) }),
  'uffd-wp-async': (h) => ({ ...protecting(h), scanned: h.tableSlots, ...h.harvestFlushes(h.tables) }),
  'mprotect-sigsegv': (h) => total([ofInterval(h), h.faultFlushes()]),
  'kvm-dirty-log': (h) => exiting(h, { 'ept-violation': h.dirty }),
  'kvm-dirty-ring': (h) => {
    const { pushes, full, rest, ipis } = h.rings();
    return {
      exits: { 'ept-violation': pushes, 'ring-full': full, kick: h.epoch.ran },
      scanned: pushes,
      ...reports(h.dirty),
      flushes: full + (rest > 0 ? 1 : 0),
      ipis: ipis + (rest > 0 ? h.epoch.ran - 1 : 0),
    };
  },
  pml: (h) => exiting(h, { 'pml-full': h.fullLogs(), kick: h.epoch.ran }),
  'shadow-paging': (h) => exiting(h, { 'shadow-fault': h.dirty }),
  'storage-key': (h) => reports(h.dirty),
};

/** The sum of counts; reasons of exits that did not occur are left out. */
function total(parts: ReadonlyArray<Partial<Counts>>): Counts {
  const sum = nothing();
  for (const { exits = {}, ...numbers } of parts) {
    for (const [name, n] of Object.entries(numbers)) sum[name as Exclude<keyof Counts, 'exits'>] += n;
    for (const [reason, n] of Object.entries(exits)) if (n > 0) sum.exits[reason] = (sum.exits[reason] ?? 0) + n;
  }
  return sum;
}

function expected(form: Form, harvests: readonly Harvested[]): Counts {
  return total(harvests.map((harvested) => form(harvested)));
}

function harvestsOf(stores: readonly Store[], every: number, gap = 0): Harvested[] {
  return epochsOf(stores, every).map((epoch) => new Harvested(epoch, { gap, ringEntries: RING_ENTRIES }));
}

const batches = new Map<readonly Store[], AccessBatch>();

/** Stores as the machine takes them, a nanosecond each; made once. */
function batchOf(stores: readonly Store[]): AccessBatch {
  const known = batches.get(stores);
  if (known !== undefined) return known;
  const accesses = new AccessBatch(stores.length);
  stores.forEach(({ page, offset, size, cpu }, i) => {
    accesses.page[i] = page;
    accesses.offset[i] = offset;
    accesses.size[i] = size;
    accesses.cpu[i] = cpu;
    accesses.kind[i] = AccessKind.store;
    accesses.program[i] = i + 1;
  });
  accesses.length = stores.length;
  batches.set(stores, accesses);
  return accesses;
}

/** What the simulator did, counted from its events. */
function counted(request: SimulationRequest, stores: readonly Store[]): Counts {
  const counts = nothing();
  const add = (batch: EventBatch) => {
    for (let row = 0; row < batch.length; row++) count(counts, batch, row);
  };
  const simulation = new Simulation(configure({ objectPages: SMALL_OBJECT, ...request }), add);
  simulation.play(batchOf(stores));
  simulation.finish(stores.length);
  add(simulation.openBatch);
  return counts;
}

function count(counts: Counts, { kind, slots }: EventBatch, row: number): void {
  const field = (slot: number) => slots[slot]![row]!;
  switch (kind[row]) {
    case fault.code:
      counts[HANDLER[FAULT_HANDLERS[field(fault.slot.handler)] as keyof typeof HANDLER] ?? 'spurious']++;
      break;
    case exit.code: {
      const reason = EXIT_REASONS[field(exit.slot.reason)]!;
      counts.exits[reason] = (counts.exits[reason] ?? 0) + 1;
      break;
    }
    case flushSend.code:
      counts.flushes++;
      counts.ipis += field(flushSend.slot.targets);
      break;
    case cacheFlush.code:
      counts.writtenBack += field(cacheFlush.slot.pages);
      break;
    case walk.code:
      counts.scanned += field(walk.slot.slots);
      break;
    case report.code:
      counts.reported += field(report.slot.pages);
      break;
    case transfer.code:
      counts.bytes += field(transfer.slot.bytes);
      break;
  }
}

function storesOfWorkload(id: string, size: { writes: number; pages: number; cpus?: number }): Store[] {
  const source = WORKLOADS.find((workload) => workload.id === id)!.open({ ...size, seed: 1 });
  const batch = new AccessBatch(size.writes);
  void source.fill(batch); // a workload fills at once
  return Array.from({ length: batch.length }, (_, i) => ({
    page: batch.page[i]!,
    offset: batch.offset[i]!,
    size: batch.size[i]!,
    cpu: batch.cpu[i]!,
  }));
}

const ls = await storesOfLog(join(ROOT, 'examples/logs/ls.lk.gz'), 60_000);
const SOURCES = {
  ls,
  zipf: storesOfWorkload('zipf', { writes: 7800, pages: 4096 }),
  // Its pages cross a border between page tables, and each of four CPUs dirties more than a log holds.
  'multi-cpu-shared': storesOfWorkload('multi-cpu-shared', { writes: 7800, pages: 3000, cpus: 4 }),
};
type SourceId = keyof typeof SOURCES;
const CASES = (Object.keys(SOURCES) as SourceId[]).flatMap((source) =>
  INTERVALS.map((every) => ({ source, every, harvests: harvestsOf(SOURCES[source], every) })),
);

function requestFor(strategy: string, harvestEvery: number): SimulationRequest {
  return { strategy, harvestEvery, ...(strategy === 'kvm-dirty-ring' && { ringEntries: RING_ENTRIES }) };
}

it('has sources that fill logs and rings', () => {
  const { harvests } = CASES.find(({ source, every }) => source === 'multi-cpu-shared' && every === 7777)!;
  expect(harvests[0]!.fullLogs()).toBeGreaterThan(3);
  expect(harvests[0]!.rings().full).toBeGreaterThan(3);
});

it('has a form for every strategy', () => {
  expect(Object.keys(FORMS).sort()).toEqual(STRATEGIES.map(({ id }) => id).sort());
});

describe.each(STRATEGIES.map(({ id }) => id))('%s', (strategy) => {
  const form = FORMS[strategy]!;

  it.each(CASES)('on its native machine: $source, every $every', ({ source, every, harvests }) => {
    expect(counted(requestFor(strategy, every), SOURCES[source])).toEqual(expected(form, harvests));
  });
});

/** For machines beside the native one: the beginning of the log. */
const PART_EVERY = 3000;
const part = ls.slice(0, 5 * PART_EVERY);
const ofLog = harvestsOf(part, PART_EVERY);
const onLog = (request: SimulationRequest) => counted({ ...request, harvestEvery: PART_EVERY }, part);

/** The same of several CPUs, where every page is dirty again and again. */
const SHARED = (() => {
  const stores = storesOfWorkload('multi-cpu-shared', { writes: 2500, pages: 250, cpus: 4 });
  const every = 500;
  return { stores, every, harvests: harvestsOf(stores, every) };
})();

/** Strategies that leave entries writable and clear D, and those that leave D alone. */
const CLEANS = new Set(['hw-dirty', 'adaptive']);
const IGNORES = new Set(['full-upload', 'compare']);

describe.each(
  ARCHITECTURES.filter(({ id }) => STRATEGIES.some(({ architectures: [, ...others] }) => others.includes(id))),
)('on $id', ({ id: arch, hardwareSetsDirty, changeBitInFrame, flushBy }) => {
  const strategies = STRATEGIES.filter(
    ({ architectures: [native, ...others] }) => native !== arch && others.includes(arch),
  );

  it.each(strategies)('$id', ({ id: strategy, monitor }) => {
    const traps = (h: Harvested) => (CLEANS.has(strategy) ? h.dirty : IGNORES.has(strategy) ? h.epoch.fresh.length : 0);
    const silent = flushBy === 'ipi' || monitor !== undefined ? {} : { ipis: 0 };
    const machine = (h: Harvested) => ({
      ...FORMS[strategy]!(h),
      ...(!hardwareSetsDirty && !changeBitInFrame && { dirtyTrap: traps(h) }),
      ...silent,
      ...(flushBy === 'with-entry' && { flushes: 0 }),
    });
    const request = { ...requestFor(strategy, SHARED.every), arch };
    expect(counted(request, SHARED.stores)).toEqual(expected(machine, SHARED.harvests));
  });
});

/** Those that map a page writable when its first access is a write. */
const MAPS_WRITTEN = new Set(['soft-dirty', 'uffd-wp-async']);

describe.each(STRATEGIES)('$id, pages mapped by faults', ({ id: strategy, monitor }) => {
  it('takes one more fault, or exit, a page', () => {
    const lazy = (h: Harvested): Partial<Counts> => {
      const eager = FORMS[strategy]!(h);
      const fresh = h.epoch.fresh.length;
      if (strategy === 'kvm-dirty-log' || strategy === 'kvm-dirty-ring') return eager; // one exit does both
      if (strategy === 'pml') return { ...eager, exits: { ...eager.exits, 'ept-violation': fresh } };
      if (monitor?.shadow) return { ...eager, exits: { 'shadow-fault': h.dirty + fresh } };
      const spared = MAPS_WRITTEN.has(strategy) ? fresh : 0;
      return { ...eager, notPresent: fresh, writeProtect: (eager.writeProtect ?? 0) - spared };
    };
    expect(onLog({ ...requestFor(strategy, 0), populate: 'lazy' })).toEqual(expected(lazy, ofLog));
  });
});

describe('a device that does not snoop', () => {
  it.each(STRATEGIES)('$id: caches are written back for what is transferred', ({ id: strategy, copiesByCpu }) => {
    const back = (h: Harvested) => ({
      ...FORMS[strategy]!(h),
      writtenBack: copiesByCpu ? 0 : FORMS[strategy]!(h).reported!,
    });
    expect(onLog({ ...requestFor(strategy, 0), device: 'non-coherent' })).toEqual(expected(back, ofLog));
  });
});

describe('several VMAs', () => {
  const GAP = 1000;
  const harvests = harvestsOf(part, PART_EVERY, GAP);

  it('are several in the log', () => {
    expect(Math.max(...harvests.map(({ dirtyVmas }) => dirtyVmas))).toBeGreaterThan(2);
  });

  it.each(STRATEGIES.map(({ id }) => id))('%s', (strategy) => {
    expect(onLog({ ...requestFor(strategy, 0), vmaGapPages: GAP })).toEqual(expected(FORMS[strategy]!, harvests));
  });
});

it.each(CASES)(
  'kvm-dirty-log, manual: a flush per run and group of 64; $source, every $every',
  ({ source, every, harvests }) => {
    const manual = (h: Harvested) => ({ ...FORMS['kvm-dirty-log']!(h), ...h.harvestFlushes(h.groups) });
    const request = { strategy: 'kvm-dirty-log', variant: 'manual', harvestEvery: every };
    expect(counted(request, SOURCES[source])).toEqual(expected(manual, harvests));
  },
);

describe('adaptive', () => {
  it('counts as pfn-mkwrite while few pages of a large object are dirty', () => {
    expect(onLog({ strategy: 'adaptive', objectPages: 100_000 })).toEqual(expected(FORMS['pfn-mkwrite']!, ofLog));
  });

  it('changes to D bits after three scans above 10 %', () => {
    const { stores, every, harvests } = SHARED;
    const objectPages = 512;
    const { counts, changes } = adaptiveFrom(harvests, objectPages);
    expect(changes).toBe(1);
    expect(counted({ strategy: 'adaptive', objectPages, harvestEvery: every }, stores)).toEqual(counts);
  });
});

/** From write protection to D bits, and what the change costs. */
function adaptiveFrom(harvests: readonly Harvested[], objectPages: number): { counts: Counts; changes: number } {
  const parts: Array<Partial<Counts>> = [];
  const readOnly = new Set<number>();
  let triggers = 0;
  let changes = 0;
  for (const h of harvests) {
    const { written, fresh, mapped } = h.epoch;
    if (changes > 0) {
      const left = written.filter((page) => readOnly.delete(page)).length;
      parts.push(FORMS['hw-dirty']!(h), { writeProtect: left });
      continue;
    }
    for (const page of fresh) readOnly.add(page);
    triggers = Math.floor((100 * h.dirty) / objectPages) > 10 ? triggers + 1 : 0;
    parts.push(FORMS['pfn-mkwrite']!(h));
    if (triggers <= 2) continue;
    changes++;
    const interval = mapped.filter((page) => page >= written[0]! && page <= written.at(-1)!).length;
    parts.push({ scanned: h.allSlots, ...h.harvestFlushes(1), ...reports(interval - h.dirty) });
  }
  return { counts: total(parts), changes };
}

describe('guests', () => {
  const guests = STRATEGIES.filter(({ monitor, architectures }) => !monitor && architectures.includes('x86-64')).map(
    ({ id }) => id,
  );
  const hosts = STRATEGIES.filter(({ monitor }) => monitor !== undefined && !monitor.shadow).map(({ id }) => id);
  const shared = (request: SimulationRequest) => counted({ ...request, harvestEvery: SHARED.every }, SHARED.stores);
  /** Entries are writable once mapped, so a page does not fault in the guest. */
  const faultless = new Set([...CLEANS, ...IGNORES]);

  it.each(guests)('%s, nested, alone: no exit', (guest) => {
    expect(shared({ guest })).toEqual(expected(FORMS[guest]!, SHARED.harvests));
  });

  it.each(hosts.flatMap((host) => ['hw-dirty', 'pfn-mkwrite', 'compare'].map((guest) => ({ guest, host }))))(
    '$guest under $host: each counts for itself',
    ({ guest, host }) => {
      const both = (h: Harvested) => total([FORMS[guest]!(h), FORMS[host]!(h)]);
      const ring = host === 'kvm-dirty-ring' ? { ringEntries: RING_ENTRIES } : {};
      expect(shared({ guest, host, ...ring })).toEqual(expected(both, SHARED.harvests));
    },
  );

  it.each(guests)(
    '%s under a shadow: an exit a page and epoch, two where it faults, and one a flush and CPU',
    (guest) => {
      const shadow = (h: Harvested): Partial<Counts> => {
        const own = FORMS[guest]!(h);
        const exits = IGNORES.has(guest) ? h.epoch.fresh.length : faultless.has(guest) ? h.dirty : 2 * h.dirty;
        // The CPU that flushes exits too.
        return { ...own, exits: { 'shadow-fault': exits, invlpg: (own.flushes ?? 0) + (own.ipis ?? 0) } };
      };
      expect(shared({ guest, monitor: 'shadow' })).toEqual(expected(shadow, SHARED.harvests));
    },
  );

  it.each(guests)('%s under shadow-paging', (guest) => {
    const both = (h: Harvested) => {
      const own = FORMS[guest]!(h);
      const exits = faultless.has(guest) ? h.dirty : 2 * h.dirty;
      const invlpg = (own.flushes ?? 0) + (own.ipis ?? 0);
      const host = { scanned: h.dirty, ...reports(h.dirty), ...h.harvestFlushes(1) };
      return total([own, { exits: { 'shadow-fault': exits, invlpg } }, host]);
    };
    expect(shared({ guest, host: 'shadow-paging' })).toEqual(expected(both, SHARED.harvests));
  });

  it('hw-dirty under a monitor that does not emulate D: an exit a page, and nothing is found', () => {
    const blind = (h: Harvested) => ({ exits: { 'shadow-fault': h.epoch.fresh.length }, scanned: h.allSlots });
    expect(shared({ guest: 'hw-dirty', monitor: 'broken' })).toEqual(expected(blind, SHARED.harvests));
  });
});

describe('huge entries', () => {
  const huge = (strategy: string) => onLog({ strategy, pageSize: '2m' });
  const heads = (pages: readonly number[]) => tablesOf(pages).length;
  /** Huge entries first written in this epoch. */
  const splits = (h: Harvested) =>
    heads(h.epoch.written) - heads(h.epoch.written.filter((page) => before(h).has(Math.floor(page / TABLE_PAGES))));
  const before = (h: Harvested) =>
    new Set(ofLog.slice(0, ofLog.indexOf(h)).flatMap(({ epoch }) => tablesOf(epoch.written)));

  it('hw-dirty reports all 512 pages of each, and looks at one slot for it', () => {
    const whole = (h: Harvested) => ({
      scanned: heads(h.epoch.mapped),
      ...reports(TABLE_PAGES * h.tables),
      ...h.harvestFlushes(1),
    });
    expect(huge('hw-dirty')).toEqual(expected(whole, ofLog));
  });

  it('full-upload transfers all of each, compare what was written', () => {
    expect(huge('full-upload')).toEqual(expected((h) => reports(TABLE_PAGES * heads(h.epoch.mapped)), ofLog));
    expect(huge('compare')).toEqual(expected(FORMS['compare']!, ofLog));
  });

  it.each(['kvm-dirty-log', 'pfn-mkwrite'])(
    '%s splits each at its first write, with a flush, and tracks small pages',
    (strategy) => {
      const split = (h: Harvested) => total([FORMS[strategy]!(h), { flushes: splits(h) }]);
      expect(huge(strategy)).toEqual(expected(split, ofLog));
    },
  );
});

describe('two processes with the same memory', () => {
  const MMS = 2;
  const run = (strategy: string) =>
    counted(
      { strategy, mms: MMS, harvestEvery: SHARED.every, vma: strategy === 'page-mkwrite' ? 'shared-file' : 'pfnmap' },
      SHARED.stores,
    );
  /** Pages written by each process. */
  const byProcess = ({ epoch }: Harvested) =>
    Array.from(
      { length: MMS },
      (_, mm) => new Set(epoch.touches.filter(({ cpu }) => cpu % MMS === mm).map(({ page }) => page)),
    );
  const sum = (count: (h: Harvested) => number) => SHARED.harvests.reduce((all, h) => all + count(h), 0);
  const entries = sum((h) => byProcess(h).reduce((all, { size }) => all + size, 0));
  const frames = sum((h) => h.dirty);
  const mappings = sum((h) => byProcess(h).filter(({ size }) => size > 0).length);

  it('pfn-mkwrite: a fault per entry, a report per frame, a flush per mapping', () => {
    expect(run('pfn-mkwrite')).toMatchObject({ writeProtect: entries, reported: frames, flushes: mappings });
  });

  it('hw-dirty: a report per frame, a flush per mapping', () => {
    expect(run('hw-dirty')).toMatchObject({ writeProtect: 0, reported: frames, flushes: mappings });
  });

  it('page-mkwrite: a flush per dirty page and mapping of it', () => {
    const mapped = new Set<number>();
    const flushes = sum((h) => {
      for (const page of byProcess(h)[1]!) mapped.add(page);
      return h.dirty + h.epoch.written.filter((page) => mapped.has(page)).length;
    });
    expect(run('page-mkwrite')).toMatchObject({ writeProtect: entries, reported: frames, flushes });
  });
});
