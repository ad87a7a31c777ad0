/**
 * What each write did and cost, against a model that keeps every write and every rule in the plainest form, over unruly random events with
 * random costs: moves, aliases, huge entries, guests, caches, devices. The two share the fold and the words of events, nothing else.
 */
import { describe, expect, it } from 'vitest';
import { Random } from '../../base/index.js';
import { Fold } from '../../replayer/index.js';
import { copyRows, MemorySource } from '../../replayer/testing/drawn.js';
import { randomEvents, randomMeta } from '../../replayer/testing/random-events.js';
import {
  CARRIERS,
  EVENT_BY_CODE,
  EventBatch,
  EXIT_REASONS,
  FAULT_HANDLERS,
  FLUSH_REASONS,
  FLUSH_SCOPES,
  note,
  PTE_CAUSES,
  PTE_DIRTY,
  pteLayout,
  type TrailMeta,
} from '../../traces/index.js';
import { OVERHEADS } from '../cost/index.js';
import { COST_BUCKETS, type CostBucket } from './cost-buckets.js';
import { diff } from './diff.js';

type Costs = Map<string, number>;
interface NaiveWrite {
  readonly key: string;
  readonly seq: number;
  readonly did: readonly string[];
  readonly takenNs: number;
  collectedNs: number;
  readonly stallNs: number;
}
interface NaiveCpu {
  did: string[];
  pending: Costs;
  stallNs: number;
  operating: boolean;
}

const SPENT_ON: Readonly<Record<string, string>> = {
  fault: 'fault',
  pte: 'walker',
  walk: 'scan',
  'table-alloc': 'scan',
  'flush-send': 'flush',
  'flush-ack': 'flush',
  'cache-flush': 'cache',
  exit: 'exit',
  'frame-move': 'copy',
};

class NaiveSide {
  readonly writes: NaiveWrite[] = [];
  readonly buckets = Object.fromEntries(Object.keys(COST_BUCKETS).map((name) => [name, new Map()])) as Record<
    CostBucket,
    Costs
  >;
  readonly pageCosts = new Map<string, number>();
  readonly #cpus = new Map<number, NaiveCpu>();
  readonly #ordinals = new Map<number, number>();
  /** By frame: the write that made it dirty. */
  readonly #dirtiedBy = new Map<number, NaiveWrite>();
  readonly #senders = new Map<string, number>();
  #round: { cpu: number; spent: Costs; told: Map<number, NaiveWrite | null>; unknown: number } | null = null;
  #capturedInRound = new Map<number, NaiveWrite>();

  constructor(events: EventBatch, meta: TrailMeta) {
    const fold = new Fold(meta);
    for (let row = 0; row < events.length; row++) {
      const page = fold.pages.find(events.space[row]!, events.page[row]!);
      const isMove = EVENT_BY_CODE[events.kind[row]!]!.kind === 'frame-move' && page >= 0;
      const from = isMove ? fold.pages.frame[page]! : 0;
      this.#event(events, row, fold, meta);
      fold.apply(events, row, row + 1);
      const to = isMove ? fold.pages.frame[page]! : 0;
      if (to !== from && to !== 0) this.#moved(fold, from, to);
    }
    this.#endRound();
    for (const cpu of this.#cpus.values()) move(cpu.pending, this.buckets.afterLast);
  }

  #cpu(cpu: number): NaiveCpu {
    const known = this.#cpus.get(cpu) ?? { did: [], pending: new Map(), stallNs: 0, operating: false };
    this.#cpus.set(cpu, known);
    return known;
  }

  #moved(fold: Fold, from: number, to: number): void {
    const write = this.#dirtiedBy.get(from);
    if (fold.frames.generation[to] === fold.frames.captured[to]) this.#dirtiedBy.delete(to);
    else if (write !== undefined) this.#dirtiedBy.set(to, write);
    if (fold.frames.mappers[from] === 0) this.#dirtiedBy.delete(from);
  }

  #event(events: EventBatch, row: number, fold: Fold, meta: TrailMeta): void {
    const definition = EVENT_BY_CODE[events.kind[row]!]!;
    const { kind } = definition;
    const slot: Readonly<Record<string, number>> = definition.slot;
    const field = (name: string) => events.slots[slot[name]!]![row]!;
    const [number, space, page] = [events.cpu[row]!, events.space[row]!, events.page[row]!];
    const cpu = this.#cpu(number);
    if (kind === 'write') return this.#wrote(events, row, fold);
    if (kind === 'read') {
      move(cpu.pending, this.buckets.loads);
      Object.assign(cpu, { did: [], stallNs: 0, operating: false });
      return;
    }
    const costNs = 'cost' in slot ? field('cost') : 0;
    if (number >= 0) cpu.stallNs += costNs;
    if (kind === 'operation') cpu.operating = true;
    if (kind === 'harvest-begin')
      this.#round = { ...(this.#round ?? { spent: new Map(), told: new Map(), unknown: 0 }), cpu: number };
    if (kind === 'harvest-end') this.#endRound();
    if (kind === 'map') {
      const frame = fold.frames.find(field('frame'), fold.spaces.isGuest(space));
      if (frame > 0 && fold.frames.mappers[frame] === 0) this.#dirtiedBy.delete(frame);
    }
    if (kind === 'report') this.#told(fold, space, page, field('pages'));
    if (kind === 'transfer') this.#transferred(fold, space, page, field('pages'), costNs);
    if (kind === 'flush-send') this.#senders.set(FLUSH_REASONS[field('reason')]!, number);
    const inRound =
      this.#round !== null &&
      (number === this.#round.cpu ||
        (kind === 'flush-ack' && FLUSH_REASONS[field('reason')] === 'harvest') ||
        (kind === 'exit' && EXIT_REASONS[field('reason')] === 'kick'));
    if (inRound) {
      if (kind in SPENT_ON) add(this.#round!.spent, SPENT_ON[kind]!, costNs);
      return;
    }
    const word = wordFor(kind, field, events, row, meta);
    const begins =
      ['fault', 'tlb-fill', 'tlb-update'].includes(kind) ||
      (kind === 'pte' && PTE_CAUSES[field('cause')] === 'walker') ||
      (kind === 'exit' && EXIT_REASONS[field('reason')] !== 'kick');
    if (begins) cpu.operating = false;
    if (!cpu.operating && word !== null) cpu.did.push(word);
    if (!(kind in SPENT_ON)) return;
    const sender = kind === 'flush-ack' ? this.#senders.get(FLUSH_REASONS[field('reason')]!) : undefined;
    const payer = this.#cpu(sender !== undefined && sender >= 0 ? sender : number);
    add(payer.operating ? this.buckets.operations : payer.pending, SPENT_ON[kind]!, costNs);
  }

  #wrote(events: EventBatch, row: number, fold: Fold): void {
    const [number, space, page] = [events.cpu[row]!, events.space[row]!, events.page[row]!];
    const cpu = this.#cpu(number);
    const ordinal = (this.#ordinals.get(number) ?? 0) + 1;
    this.#ordinals.set(number, ordinal);
    const takenNs = [...cpu.pending.values()].reduce((sum, ns) => sum + ns, 0);
    const { did, stallNs } = cpu;
    const write = { key: `${number}:${ordinal}`, seq: row + 1, did, takenNs, collectedNs: 0, stallNs };
    this.writes.push(write);
    add(this.pageCosts, `${space}:${page}`, takenNs);
    move(cpu.pending, this.buckets.taken);
    Object.assign(cpu, { did: [], stallNs: 0, operating: false });
    const index = fold.pageOfWrite(number, space, page);
    const frame = fold.frameOfWrite(number, index);
    const behind = fold.backing(frame);
    for (const at of [frame, behind < 0 ? 0 : fold.pages.frame[behind]!])
      if (at > 0 && !this.#dirtiedBy.has(at)) this.#dirtiedBy.set(at, write);
  }

  #told(fold: Fold, space: number, page: number, pages: number): void {
    if (this.#round === null) return;
    for (let at = page; at < page + pages; at++) {
      const index = fold.pages.find(space, at);
      if (index < 0) this.#round.unknown++;
      else if (!this.#round.told.has(index)) {
        const frame = fold.pages.frame[index]!;
        this.#round.told.set(index, this.#dirtiedBy.get(frame) ?? this.#capturedInRound.get(frame) ?? null);
        this.#names.set(index, `${space}:${at}`);
      }
    }
  }
  readonly #names = new Map<number, string>();

  #transferred(fold: Fold, space: number, page: number, pages: number, costNs: number): void {
    const known = Array.from({ length: pages }, (_, i) => fold.pages.find(space, page + i)).filter(
      (index) => index >= 0,
    );
    known.forEach((index, i) => {
      const share = Math.floor(costNs / pages) + (i < costNs % pages ? 1 : 0);
      const frame = fold.pages.frame[index]!;
      const write = this.#dirtiedBy.get(frame) ?? null;
      this.#charge(write, 'copy', share, `${space}:${fold.pages.page[index]}`);
      if (write === null || fold.frames.cached[frame] !== 0) return;
      this.#dirtiedBy.delete(frame);
      if (this.#round !== null) this.#capturedInRound.set(frame, write);
    });
    const given = known.reduce((sum, _, i) => sum + Math.floor(costNs / pages) + (i < costNs % pages ? 1 : 0), 0);
    add(this.buckets.inVain, 'copy', costNs - given);
  }

  #endRound(): void {
    if (this.#round === null) return;
    const { spent, told, unknown } = this.#round;
    const pages = told.size + unknown;
    for (const [kind, ns] of spent) {
      if (pages === 0) {
        add(this.buckets.emptyRounds, kind, ns);
        continue;
      }
      let rest = ns;
      [...told].forEach(([index, write], i) => {
        const share = Math.floor(ns / pages) + (i < ns % pages ? 1 : 0);
        rest -= share;
        this.#charge(write, kind, share, this.#names.get(index)!);
      });
      add(this.buckets.inVain, kind, rest);
    }
    this.#round = null;
    this.#capturedInRound = new Map();
  }

  #charge(write: NaiveWrite | null, kind: string, ns: number, page: string): void {
    add(this.pageCosts, page, ns);
    add(write === null ? this.buckets.inVain : this.buckets.collected, kind, ns);
    if (write !== null) write.collectedNs += ns;
  }
}

function add(costs: Costs, key: string, ns: number): void {
  costs.set(key, (costs.get(key) ?? 0) + ns);
}

function move(from: Costs, to: Costs): void {
  for (const [kind, ns] of from) add(to, kind, ns);
  from.clear();
}

function wordFor(
  kind: string,
  field: (name: string) => number,
  events: EventBatch,
  row: number,
  meta: TrailMeta,
): string | null {
  const flags = (value: number) => ['W', 'D', 'H'].filter((_, bit) => value & (1 << bit)).join('');
  switch (kind) {
    case 'fault':
      return `fault ${FAULT_HANDLERS[field('handler')] ?? '?'}`;
    case 'tlb-fill':
      return `fill ${flags(field('flags'))}`.trim();
    case 'tlb-update':
      return `update ${flags(field('flags'))}`.trim();
    case 'pte': {
      const cause = PTE_CAUSES[field('cause')]!;
      if (cause !== 'walker') return `pte ${cause}`;
      const layout = pteLayout(meta.spaces[events.space[row]!]!.layout);
      const before = layout.flags(field('oldLow'), field('oldHigh')) & PTE_DIRTY;
      return layout.flags(field('newLow'), field('newHigh')) & PTE_DIRTY && !before ? 'walker D' : 'walker A';
    }
    case 'mark':
      return `${field('value') ? 'mark' : 'unmark'} ${CARRIERS[field('carrier')]!}`;
    case 'exit':
      return `exit ${EXIT_REASONS[field('reason')]!}`;
    case 'flush-send':
      return `flush ${FLUSH_SCOPES[field('scope')]!}`;
    case 'flush-ack':
      return FLUSH_REASONS[field('reason')] === 'switch' ? 'flush at switch' : null;
    case 'cache-flush':
      return 'cache flush';
    case 'frame-move':
      return 'move';
    case 'table-alloc':
      return 'table alloc';
    default:
      return ['map', 'unmap', 'walk', 'report', 'transfer', 'switch'].includes(kind) ? kind : null;
  }
}

/** Random events with random costs, causes and reasons, which `randomEvents` leaves at 0. */
function costlyEvents(seed: number, events: number): EventBatch {
  const batch = randomEvents(seed, events);
  const random = new Random(seed + 1000);
  const bounds: Readonly<Record<string, number>> = {
    cost: 40,
    bytes: 5000,
    cause: PTE_CAUSES.length,
    reason: FLUSH_REASONS.length,
    handler: FAULT_HANDLERS.length,
  };
  for (let row = 0; row < batch.length; row++) {
    for (const [name, slot] of Object.entries(EVENT_BY_CODE[batch.kind[row]!]!.slot)) {
      const bound = bounds[name];
      if (bound !== undefined) batch.slots[slot as number]![row] = random.below(bound);
    }
  }
  return batch;
}

function withSomeGone(events: EventBatch, random: Random): EventBatch {
  const copy = new EventBatch(events.length);
  copyRows(events, 0, events.length, copy);
  const goneIn = 2 + random.below(60);
  for (let row = 0; row < copy.length; row++)
    if (EVENT_BY_CODE[copy.kind[row]!]!.kind !== 'write' && random.below(goneIn) === 0) copy.kind[row] = note.code;
  return copy;
}

function inChunks(events: EventBatch, size: number, meta: TrailMeta): MemorySource {
  const batches: EventBatch[] = [];
  for (let from = 0; from < events.length; from += size) {
    const batch = new EventBatch(size);
    copyRows(events, from, Math.min(events.length, from + size), batch);
    batches.push(batch);
  }
  return new MemorySource(batches, meta);
}

const spent = (bucket: Costs) => {
  const parts = Object.fromEntries(OVERHEADS.map((kind) => [kind, bucket.get(kind) ?? 0]));
  return { total: Object.values(parts).reduce((sum, ns) => sum + ns, 0), ...parts };
};

describe('what writes did and cost equals the model', () => {
  let differing = 0;
  let collected = 0;
  it.each(Array.from({ length: 80 }, (_, i) => i + 1))('seed %i', (seed) => {
    const random = new Random(seed);
    const meta = randomMeta(seed);
    const events = costlyEvents(seed, 300 + random.below(1500));
    const others = withSomeGone(events, random);
    const sides = [new NaiveSide(events, meta), new NaiveSide(others, meta)] as const;
    const sources = [
      inChunks(events, 1 + random.below(400), meta),
      inChunks(others, 1 + random.below(400), meta),
    ] as const;
    const report = diff(...sources, { writes: { limit: 1e6 }, pages: { limit: 1e6 } });
    expect(report.aligned).toBe(true);

    for (const [side, { cost, attribution }] of report.sides.entries()) {
      const { buckets, pageCosts } = sides[side]!;
      expect(attribution).toEqual(
        Object.fromEntries(Object.entries(buckets).map(([name, bucket]) => [name, spent(bucket)])),
      );
      for (const kind of OVERHEADS)
        expect(Object.values(attribution).reduce((sum, bucket) => sum + bucket[kind], 0)).toBe(cost.ns[kind]);
      for (const { space, page, sides: of } of report.pages)
        expect(of[side]!.costNs).toBe(pageCosts.get(`${space}:${page}`) ?? 0);
      expect(report.writeTotals.costNs[side]).toBe(attribution.taken.total + attribution.collected.total);
      collected += attribution.collected.total;
    }

    const shown = ({ seq, did, takenNs, collectedNs, stallNs }: NaiveWrite) => {
      const more = did.length - 64;
      const words = more > 0 ? [...did.slice(0, 64), `${more} more`] : did;
      return { seq, did: words, costNs: takenNs + collectedNs, takenNs, collectedNs, stallNs };
    };
    const byKey = new Map(sides[1].writes.map((write) => [write.key, write]));
    const expected = sides[0].writes.flatMap((a, i) => {
      const b = byKey.get(a.key)!;
      const pair = [shown(a), shown(b)] as const;
      const isEqual =
        a.did.join() === b.did.join() && pair[0].costNs === pair[1].costNs && pair[0].stallNs === pair[1].stallNs;
      return isEqual ? [] : [{ write: i + 1, differenceNs: pair[1].costNs - pair[0].costNs, sides: pair }];
    });
    expect(report.writes.map(({ write, differenceNs, sides: of }) => ({ write, differenceNs, sides: of }))).toEqual(
      expected,
    );
    expect(report.writeTotals.differ).toBe(expected.length);
    const dearest = expected
      .filter(({ differenceNs }) => differenceNs !== 0)
      .sort((x, y) => Math.abs(y.differenceNs) - Math.abs(x.differenceNs) || x.write - y.write);
    expect(report.topWrites.map(({ write }) => write)).toEqual(dearest.map(({ write }) => write));
    differing += expected.length;
  });

  it('has had something to compare', () => {
    expect(differing).toBeGreaterThan(1000);
    expect(collected).toBeGreaterThan(2000);
  });
});
