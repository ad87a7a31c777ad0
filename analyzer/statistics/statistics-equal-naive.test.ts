/** Every statistic against its definition taken literally, over unruly random events, whole and by selection. */
import { describe, expect, it } from 'vitest';
import { copyRows, MemorySource } from '../../replayer/testing/drawn.js';
import { randomEvents, randomMeta } from '../../replayer/testing/random-events.js';
import { EVENT_BY_CODE, EventBatch, FAULT_HANDLERS } from '../../traces/index.js';
import type { Spread } from './spread.js';
import { statistics, type StatisticsOptions } from './statistics.js';

interface Event {
  readonly seq: number;
  readonly kind: string;
  readonly timeNs: number;
  readonly cpu: number;
  readonly page: number;
  /** Space and page. */
  readonly key: string;
  readonly epoch: number;
  readonly fields: Readonly<Record<string, number>>;
}

function eventsOf(batch: EventBatch): Event[] {
  let harvests = 0;
  return Array.from({ length: batch.length }, (_, row) => {
    const { kind, slot } = EVENT_BY_CODE[batch.kind[row]!]!;
    const fields = Object.fromEntries(Object.entries(slot).map(([name, at]) => [name, batch.slots[at]![row]!]));
    const epoch = harvests + 1;
    if (kind === 'harvest-end') harvests = fields['harvest']!;
    const [timeNs, cpu, page] = [batch.time[row]!, batch.cpu[row]!, batch.page[row]!];
    return { seq: row + 1, kind, timeNs, cpu, page, key: `${batch.space[row]}:${page}`, epoch, fields };
  });
}

function sourceOf(seed: number, events: number): { source: MemorySource; events: Event[] } {
  const whole = randomEvents(seed, events);
  const chunks: EventBatch[] = [];
  for (let from = 0; from < events; from += 97) {
    const chunk = new EventBatch(Math.min(97, events - from));
    copyRows(whole, from, from + chunk.capacity, chunk);
    chunks.push(chunk);
  }
  return { source: new MemorySource(chunks, randomMeta(seed)), events: eventsOf(whole) };
}

/** What a spread says of these values. */
function figures(values: readonly number[]): Partial<Spread> {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = (percent: number) => sorted[Math.max(1, Math.ceil((percent * sorted.length) / 100)) - 1] ?? 0;
  return {
    count: values.length,
    min: sorted[0] ?? 0,
    max: sorted.at(-1) ?? 0,
    p50: rank(50),
    p90: rank(90),
    p99: rank(99),
    p999: rank(99.9),
    exact: true,
  };
}

function countBy<Item>(items: readonly Item[], key: (item: Item) => number | string): Map<number | string, number> {
  const counts = new Map<number | string, number>();
  for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1);
  return counts;
}

const distinct = <Item>(items: readonly Item[], key: (item: Item) => unknown) => new Set(items.map(key)).size;

/** What happens to the overhead of each CPU: `take` ends what was gathered. */
function gather(events: readonly Event[], visit: (event: Event, take: () => number) => void): void {
  const pending = new Map<number, number>();
  for (const event of events) {
    visit(event, () => {
      const taken = pending.get(event.cpu) ?? 0;
      pending.set(event.cpu, 0);
      return taken;
    });
    pending.set(event.cpu, (pending.get(event.cpu) ?? 0) + (event.fields['cost'] ?? 0));
  }
}

const SELECTIONS: ReadonlyArray<readonly [name: string, options: StatisticsOptions]> = [
  ['all', {}],
  ['a part', { after: 200, upTo: 1411 }],
  ['one CPU', { cpu: 1 }],
  ['a device', { cpu: -1 }],
  ['one page', { page: 513 }],
  ['everything at once', { after: 150, cpu: 0, page: 514, window: { unit: 'writes', size: 3 } }],
  ['windows of time', { window: { unit: 'ns', size: 250 } }],
  ['windows of epochs', { window: { unit: 'epochs', size: 4 }, after: 77 }],
  ['windows of writes', { window: { unit: 'writes', size: 10 } }],
  ['nothing', { after: 1999, upTo: 1999 }],
];

describe.each(SELECTIONS)('%s', (_, options) => {
  it.each([1, 2, 3, 4, 5, 6])('seed %i', (seed) => {
    const { source, events } = sourceOf(seed, 2000);
    const report = statistics(source, options);
    const { after = 0, upTo = 2000, cpu = null, page = null } = options;
    const inRange = events.filter(({ seq }) => seq > after && seq <= upTo);
    const own = inRange.filter((event) => cpu === null || event.cpu === cpu);
    const isWanted = (event: Event) => page === null || event.page === page;
    const allWrites = own.filter(({ kind }) => kind === 'write');
    const writes = allWrites.filter(isWanted);
    const dirtyings = writes.filter(
      (write, i) => writes.findIndex(({ key, epoch }) => key === write.key && epoch === write.epoch) === i,
    );
    const { unit, size } = report.window;
    const windowOf = (write: Event) =>
      unit === 'ns'
        ? Math.floor(write.timeNs / size) * size
        : unit === 'epochs'
          ? Math.floor((write.epoch - 1) / size) * size + 1
          : Math.floor(writes.indexOf(write) / size) * size;

    expect(report.totals).toMatchObject({
      events: inRange.length,
      writes: writes.length,
      pages: distinct(writes, ({ key }) => key),
    });

    // Dirty rate and working set.
    const { dirtyRate, workingSet } = report;
    const bytes = (of: readonly Event[]) => of.reduce((sum, { fields }) => sum + fields['size']!, 0);
    expect(dirtyRate).toMatchObject({
      writes: writes.length,
      bytesWritten: bytes(writes),
      pagesDirtied: dirtyings.length,
    });
    for (const [i, window] of dirtyRate!.windows.entries()) {
      const within = writes.filter((write) => windowOf(write) === window.from);
      expect(window).toEqual({
        from: window.from,
        below: window.from + size,
        writes: within.length,
        bytesWritten: bytes(within),
        pagesDirtied: dirtyings.filter((write) => windowOf(write) === window.from).length,
      });
      expect(workingSet!.windows[i]).toEqual({
        from: window.from,
        below: window.below,
        pages: distinct(within, ({ key }) => key),
      });
    }
    expect(dirtyRate!.windows.reduce((sum, window) => sum + window.writes, 0)).toBe(writes.length);
    for (const [i, epoch] of dirtyRate!.epochs.entries()) {
      const within = writes.filter((write) => write.epoch === epoch.epoch);
      expect(epoch).toMatchObject({ writes: within.length, bytesWritten: bytes(within) });
      expect(epoch.pagesDirtied).toBe(distinct(within, ({ key }) => key));
      expect(workingSet!.epochs[i]).toEqual({ epoch: epoch.epoch, pages: epoch.pagesDirtied });
    }
    expect(dirtyRate!.epochs.reduce((sum, epoch) => sum + epoch.writes, 0)).toBe(writes.length);
    const [firstNs, lastNs] = [inRange[0]?.timeNs ?? 0, inRange.at(-1)?.timeNs ?? 0];
    for (const { windowNs, windows, meanPages, maxPages } of workingSet!.curve) {
      const sets = new Map<number, Set<string>>();
      for (const { timeNs, key } of writes) {
        const window = Math.floor(timeNs / windowNs);
        sets.set(window, (sets.get(window) ?? new Set()).add(key));
      }
      const sizes = [...sets.values()].map((set) => set.size);
      expect(windows).toBe(Math.floor(lastNs / windowNs) - Math.floor(firstNs / windowNs) + 1);
      expect(meanPages).toBeCloseTo(sizes.reduce((sum, pages) => sum + pages, 0) / windows, 9);
      expect(maxPages).toBe(Math.max(0, ...sizes));
    }

    // Re-dirty interval.
    const pairs = dirtyings.flatMap((write, i) => {
      const before = dirtyings.slice(0, i).findLast(({ key }) => key === write.key);
      return before === undefined ? [] : [{ ns: write.timeNs - before.timeNs, epochs: write.epoch - before.epoch }];
    });
    expect(report.redirty!.interval).toMatchObject(figures(pairs.map(({ ns }) => ns)));
    expect(report.redirty!.epochs).toMatchObject(figures(pairs.map(({ epochs }) => epochs)));
    const timesDirtied = [...countBy(dirtyings, ({ key }) => key).values()];
    expect(report.redirty!.onceOnly).toBe(timesDirtied.filter((times) => times === 1).length);

    // Reuse distance: of the wanted page, among all pages.
    const distances = allWrites.flatMap((write, i) => {
      if (!isWanted(write)) return [];
      const before = allWrites.slice(0, i).findLastIndex(({ key }) => key === write.key);
      return before < 0 ? [] : [distinct(allWrites.slice(before + 1, i), ({ key }) => key)];
    });
    expect(report.reuseDistance!.distance).toMatchObject(figures(distances));
    expect(report.reuseDistance!.first).toBe(writes.length - distances.length);

    // Faults.
    const faults = own.filter((event) => event.kind === 'fault' && isWanted(event));
    expect(report.faults!.count).toBe(faults.length);
    const byHandler = countBy(faults, ({ fields }) => FAULT_HANDLERS[fields['handler']!] ?? 'unknown');
    expect(report.faults!.byHandler).toEqual(Object.fromEntries(byHandler));
    expect(report.faults!.interArrival).toMatchObject(
      figures(faults.slice(1).map(({ timeNs }, i) => timeNs - faults[i]!.timeNs)),
    );
    const latencies = faults.map((fault) => {
      const rest = inRange.filter((event) => event.seq > fault.seq && event.cpu === fault.cpu);
      const ends = rest.findIndex(({ kind }) => ['write', 'read', 'fault', 'harvest-begin'].includes(kind));
      const during = [fault, ...(ends < 0 ? rest : rest.slice(0, ends))];
      return during.reduce((sum, { fields }) => sum + (fields['cost'] ?? 0), 0);
    });
    expect(report.faults!.latency).toMatchObject(figures(latencies));

    // Stalls.
    const waits: number[] = [];
    gather(own, (event, take) => {
      if (event.cpu < 0 || (event.kind !== 'write' && event.kind !== 'read')) return;
      const waitedNs = take();
      if (event.kind === 'write' && waitedNs > 0 && isWanted(event)) waits.push(waitedNs);
    });
    expect(report.stalls).toMatchObject({ writes: writes.length, waited: waits.length });
    expect(report.stalls!.wait).toMatchObject(figures(waits));

    // Harvests: the consumer's matters are those of all CPUs.
    const begins = inRange.filter(({ kind }) => kind === 'harvest-begin');
    expect(report.harvests!.interval).toMatchObject(
      figures(begins.slice(1).map(({ timeNs }, i) => timeNs - begins[i]!.timeNs)),
    );
    const ended = inRange.flatMap((end) => {
      if (end.kind !== 'harvest-end') return [];
      const before = inRange.filter(({ seq }) => seq < end.seq);
      const begin = before.findLast(({ kind }) => kind === 'harvest-begin' || kind === 'harvest-end');
      if (begin?.kind !== 'harvest-begin') return [];
      const reports = before.filter(({ seq, kind }) => seq > begin.seq && kind === 'report');
      return [{ ns: end.timeNs - begin.timeNs, pages: reports.reduce((sum, { fields }) => sum + fields['pages']!, 0) }];
    });
    expect(report.harvests!.duration).toMatchObject(figures(ended.map(({ ns }) => ns)));
    expect(report.harvests!.pages).toMatchObject(figures(ended.map(({ pages }) => pages)));

    // Pages and CPUs.
    const rankings = { writes, faults };
    for (const [measure, list] of Object.entries(rankings)) {
      const counts = [...countBy(list, ({ key }) => key)].map(([key, count]) => {
        const [space, number] = String(key).split(':').map(Number);
        return { space: space!, page: number!, count, share: count / list.length };
      });
      counts.sort((a, b) => b.count - a.count || a.space - b.space || a.page - b.page);
      expect(report.pages![measure as 'writes']).toEqual({
        total: list.length,
        pages: counts.length,
        top: counts.slice(0, 10),
      });
    }
    for (const share of report.cpus!) {
      const of = (list: readonly Event[]) => list.filter((event) => event.cpu === share.cpu);
      expect(share).toEqual({
        cpu: share.cpu,
        writes: of(writes).length,
        bytesWritten: bytes(of(writes)),
        pagesDirtied: of(dirtyings).length,
        faults: of(faults).length,
        overheadNs: of(own).reduce((sum, { fields }) => sum + (fields['cost'] ?? 0), 0),
      });
    }
    expect(report.cpus!.reduce((sum, share) => sum + share.writes, 0)).toBe(writes.length);
  });
});

it('has buckets that hold each value once, of nine per decade', () => {
  const { source } = sourceOf(3, 2000);
  const report = statistics(source);
  for (const spread of [report.redirty!.interval, report.reuseDistance!.distance, report.faults!.latency]) {
    expect(spread.count).toBeGreaterThan(10);
    expect(spread.buckets.reduce((sum, { count }) => sum + count, 0)).toBe(spread.count);
    for (const { from, below } of spread.buckets) {
      const step = 10 ** Math.floor(Math.log10(Math.max(1, from)) + 1e-9);
      expect([from % step, below - from]).toEqual([0, step]);
    }
    expect(spread.buckets[0]!.from).toBeLessThanOrEqual(spread.min);
    expect(spread.buckets.at(-1)!.below).toBeGreaterThan(spread.max);
  }
});
