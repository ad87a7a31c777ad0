/** Searches for breakpoints and watchpoints, against a plain fold that looks after every event whether the watched thing is another. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../base/index.js';
import {
  carrierBit,
  carrierCode,
  CARRIERS,
  EVENT_BY_CODE,
  EVENT_KINDS,
  EventBatch,
  PTE_DIRTY,
  PTE_HUGE,
  PTE_WRITABLE,
  pte,
  TLB_HUGE,
  unmap,
  pteLayout,
} from '../../traces/index.js';
import { Replayer } from '../replayer.js';
import { copyRows, drawn, MemorySource } from '../testing/drawn.js';
import { NaiveFold } from '../testing/naive-fold.js';
import { randomEvents, randomMeta } from '../testing/random-events.js';
import { found, Search, type Stop } from './index.js';

/** What a watchpoint looks at, as text; null for a breakpoint. */
function watched(fold: NaiveFold, stop: Stop): string | null {
  if (stop.kind === 'event') return null;
  const page = fold.pages.get(`${stop.space}:${stop.page}`);
  switch (stop.kind) {
    case 'pte': {
      if (stop.flags !== null) return String(fold.flags(stop.space, stop.page) & stop.flags);
      if (page !== undefined && (page.low !== 0 || page.high !== 0)) return `${page.low} ${page.high}`;
      const head = fold.pages.get(`${stop.space}:${stop.page - (stop.page % 512)}`);
      const layout = pteLayout(fold.meta.spaces[stop.space]!.layout);
      return head !== undefined && layout.flags(head.low, head.high) & PTE_HUGE ? `${head.low} ${head.high}` : '0 0';
    }
    case 'tlb': {
      const mine = fold.entries.filter((entry) => entry.cpu === stop.cpu && entry.space === stop.space);
      const entry =
        mine.find((held) => held.page === stop.page) ??
        mine.find((held) => held.flags & TLB_HUGE && held.page === stop.page - (stop.page % 512));
      return entry === undefined ? '' : [entry.page, entry.frame, entry.flags, entry.asid].join(' ');
    }
    case 'mark':
      return String((page?.marks ?? 0) & carrierBit(carrierCode(stop.carrier)));
    case 'stale': {
      const frame = fold.frames.get(page?.frame ?? '');
      return String(frame !== undefined && frame.generation > frame.captured);
    }
  }
}

function breaks(batch: EventBatch, row: number, stop: Stop & { kind: 'event' }): boolean {
  const { kind, slot } = EVENT_BY_CODE[batch.kind[row]!]!;
  const field = (name: string): number | undefined => {
    if (['cpu', 'actor', 'space', 'step', 'time'].includes(name)) return batch[name as 'cpu'][row];
    const at = (slot as Record<string, number>)[name];
    return at === undefined ? undefined : batch.slots[at]![row];
  };
  if (stop.event !== null && kind !== stop.event) return false;
  if (stop.pages !== null) {
    const [first, last] = stop.pages;
    const page = batch.page[row]!;
    const pages = Array.from({ length: Math.max(1, field('pages') ?? 1) }, (_, i) => page + i);
    if (page < 0 || !pages.some((at) => at >= first && at <= last)) return false;
  }
  return stop.conditions.every(({ field: name, comparison, value }) => {
    const is = field(name);
    if (is === undefined) return false;
    return {
      '=': is === value,
      '!=': is !== value,
      '<': is < value,
      '<=': is <= value,
      '>': is > value,
      '>=': is >= value,
    }[comparison];
  });
}

/** By stop: the seqs at which it matches. */
function naiveMatches(batch: EventBatch, fold: NaiveFold, stops: readonly Stop[]): number[][] {
  const matches: number[][] = stops.map(() => []);
  let before = stops.map((stop) => watched(fold, stop));
  const one = new EventBatch(1);
  for (let row = 0; row < batch.length; row++) {
    copyRows(batch, row, row + 1, one);
    fold.apply(one);
    const after = stops.map((stop) => watched(fold, stop));
    stops.forEach((stop, index) => {
      if (stop.kind === 'event' ? breaks(batch, row, stop) : before[index] !== after[index])
        matches[index]!.push(row + 1);
    });
    before = after;
  }
  return matches;
}

const PAGES = [512, 2 ** 40, 2 ** 52 - 64];

function randomStop(random: Random): Stop {
  const space = random.below(2);
  const page = PAGES[random.below(3)]! + random.below(3);
  switch (random.below(8)) {
    case 0:
      return { kind: 'pte', space, page, flags: null };
    case 1:
      return { kind: 'pte', space, page, flags: [PTE_DIRTY, PTE_WRITABLE, PTE_DIRTY | PTE_WRITABLE][random.below(3)]! };
    case 2:
    case 3:
      return { kind: 'tlb', cpu: random.below(4) - 1, space, page };
    case 4:
      return { kind: 'mark', carrier: CARRIERS[2 + random.below(CARRIERS.length - 2)]!, space, page };
    case 5:
    case 6:
      return { kind: 'stale', space, page };
    default: {
      const event = random.below(3) === 0 ? null : EVENT_KINDS[random.below(EVENT_KINDS.length)]!.kind;
      const fields = ['cpu', 'space', 'actor', 'slot', 'pages', 'flags', 'time'];
      const conditions = Array.from({ length: random.below(2) }, () => ({
        field: fields[random.below(fields.length)]!,
        comparison: (['=', '!=', '<', '<=', '>', '>='] as const)[random.below(6)]!,
        value: random.below(4),
      }));
      return { kind: 'event', event, pages: random.below(3) === 0 ? null : [page, page + random.below(3)], conditions };
    }
  }
}

/** Random events over fewer pages, so that more happens to each. */
function crowdedEvents(seed: number, events: number): EventBatch {
  const batch = randomEvents(seed, events);
  const entries = new Map<string, readonly [low: number, high: number]>();
  const { oldLow, oldHigh, newLow, newHigh } = pte.slot;
  for (let row = 0; row < batch.length; row++) {
    const first = PAGES.findLast((page) => batch.page[row]! >= page);
    if (first !== undefined) batch.page[row] = first + ((batch.page[row]! - first) % 3);
    // What an entry was before is what memory held.
    const place = `${batch.space[row]} ${batch.page[row]}`;
    if (batch.kind[row] === unmap.code) entries.delete(place);
    if (batch.kind[row] !== pte.code) continue;
    [batch.slots[oldLow]![row], batch.slots[oldHigh]![row]] = entries.get(place) ?? [0, 0];
    entries.set(place, [batch.slots[newLow]![row]!, batch.slots[newHigh]![row]!]);
  }
  return batch;
}

function splitUp(batch: EventBatch, events: number): EventBatch[] {
  const parts: EventBatch[] = [];
  for (let from = 0; from < batch.length; from += events) {
    const part = new EventBatch(events);
    copyRows(batch, from, Math.min(from + events, batch.length), part);
    parts.push(part);
  }
  return parts;
}

describe('random events', () => {
  it.each(Array.from({ length: 16 }, (_, i) => i + 1))(
    'seed %i: next and previous are those of the plain fold, alone and together',
    (seed) => {
      const batch = crowdedEvents(seed, 1500);
      const meta = randomMeta(seed);
      const random = new Random(seed);
      const stops = Array.from({ length: 24 }, () => randomStop(random));
      const matches = naiveMatches(batch, new NaiveFold(meta), stops);
      const source = new MemorySource(splitUp(batch, [7, 97, 1500][seed % 3]!), meta);
      const search = new Search(source, Replayer.open(source));
      for (let asked = 0; asked < 150; asked++) {
        const chosen = Array.from({ length: 1 + random.below(3) }, () => random.below(stops.length));
        const from = random.below(batch.length + 1);
        const what = `${JSON.stringify(chosen.map((index) => stops[index]))} from ${from}`;
        const asStops = chosen.map((index) => stops[index]!);
        const after = Math.min(...chosen.map((index) => matches[index]!.find((seq) => seq > from) ?? Infinity));
        const before = Math.max(...chosen.map((index) => matches[index]!.findLast((seq) => seq < from) ?? 0));
        const at = (seq: number) => chosen.flatMap((index, place) => (matches[index]!.includes(seq) ? [place] : []));
        expect(found(search.next(asStops, from)), `next ${what}`).toEqual(
          after === Infinity ? null : { seq: after, stops: at(after) },
        );
        expect(found(search.previous(asStops, from)), `previous ${what}`).toEqual(
          before === 0 ? null : { seq: before, stops: at(before) },
        );
      }
      // Seeds that make nothing match would prove nothing.
      expect(matches.filter((seqs) => seqs.length > 0).length).toBeGreaterThan(6);
    },
  );
});

const TRAIL = `
  map 16 @100
  pte 16 PW map
  pte 16 PWDA walker
  tlb-fill 16 WD slot=0
  write 16
  write 16
  harvest-begin 1        # 7
  pte 16 PWA clean
  mark 16+4 bitmap set
  flush-ack 16 range     # 10
  transfer 16
  mark 16+4 bitmap clear
  harvest-end 1
  tlb-fill 16 W slot=0
  pte 16 PWDA walker     # 15
  tlb-update 16 WD slot=0
  write 16
  tlb-fill 40 W slot=0   # 18: takes the slot of page 16
`;

describe('a drawn trail', () => {
  const at = { space: 0, page: 16 };
  it.each<[string, Stop, number[]]>([
    ['any event of a page, ranges too', { kind: 'event', event: null, pages: [17, 17], conditions: [] }, [9, 12]],
    ['events of a kind', { kind: 'event', event: 'write', pages: null, conditions: [] }, [5, 6, 17]],
    [
      'a condition',
      { kind: 'event', event: 'mark', pages: null, conditions: [{ field: 'value', comparison: '=', value: 0 }] },
      [12],
    ],
    ['any bit of an entry', { kind: 'pte', ...at, flags: null }, [2, 3, 8, 15]],
    ['D of an entry', { kind: 'pte', ...at, flags: PTE_DIRTY }, [3, 8, 15]],
    ['a TLB entry: filled, flushed, filled, updated, displaced', { kind: 'tlb', cpu: 0, ...at }, [4, 10, 14, 16, 18]],
    ['a mark', { kind: 'mark', carrier: 'bitmap', ...at }, [9, 12]],
    ['staleness', { kind: 'stale', ...at }, [5, 11, 17]],
    ['nothing', { kind: 'tlb', cpu: 3, ...at }, []],
  ])('%s', (_, stop, expected) => {
    for (const chunkEvents of [1, 4, 100]) {
      const source = drawn(TRAIL, { chunkEvents });
      const search = new Search(source, Replayer.open(source));
      const forward: number[] = [];
      for (let hit = found(search.next([stop], 0)); hit !== null; hit = found(search.next([stop], hit.seq)))
        forward.push(hit.seq);
      const backward: number[] = [];
      for (let hit = found(search.previous([stop], 19)); hit !== null; hit = found(search.previous([stop], hit.seq)))
        backward.unshift(hit.seq);
      expect([chunkEvents, forward, backward]).toEqual([chunkEvents, expected, expected]);
    }
  });

  it('passes over chunks that cannot hold a match, and does not fold its way there', () => {
    const lines = Array.from({ length: 4000 }, (_, i) => `write ${1000 + (i % 50)}`);
    lines[3990] = 'pte 16 PW map';
    const source = drawn(lines.join('\n'), { chunkEvents: 100 });
    const search = new Search(source, Replayer.open(source));
    expect(found(search.next([{ kind: 'pte', ...at, flags: null }], 0))?.seq).toBe(3991);
    expect(source.chunksRead).toBe(1);
    expect(found(search.next([{ kind: 'event', event: 'write', pages: [16, 16], conditions: [] }], 0))).toBeNull();
    expect(source.chunksRead).toBe(2); // the one whose pages reach from 16 to 1049
  });

  it('tells after each chunk how far it is, and can be left', () => {
    const source = drawn(TRAIL, { chunkEvents: 4 });
    const search = new Search(source, Replayer.open(source));
    const stop: Stop = { kind: 'event', event: 'gap', pages: null, conditions: [] };
    const way = [...search.next([stop], 5)];
    expect(way).toEqual([8, 12, 16, 18]);
    expect([...search.previous([stop], 15)]).toEqual([13, 9, 5, 1]);
    search.next([stop], 0).next();
    expect(found(search.next([{ ...stop, event: 'write' }], 6))?.seq).toBe(17);
  });

  it('finds nothing in an empty trail, before the first event, and behind the last', () => {
    const any: Stop = { kind: 'event', event: null, pages: null, conditions: [] };
    const empty = new MemorySource([]);
    const nothing = new Search(empty, Replayer.open(empty));
    for (const stop of [any, { kind: 'stale', ...at } as const])
      expect([found(nothing.next([stop], 0)), found(nothing.previous([stop], 1))]).toEqual([null, null]);
    const source = drawn(TRAIL);
    const search = new Search(source, Replayer.open(source));
    expect([found(search.next([any], 18)), found(search.previous([any], 1)), found(search.next([], 0))]).toEqual([
      null,
      null,
      null,
    ]);
  });
});
