/**
 * What each write of one side did and cost, as the trail goes by. What happens on a CPU outside harvests and operations is what its next
 * access took; a harvest's spending goes to the writes it collected (`round-costs.ts`). An acknowledgement goes with the flush that was
 * sent last for the same reason: on another CPU than the sender's it is the sender's cost, though it stalls the CPU that obeys.
 *
 * Each batch is gone through twice: event by event, with the state, for what frames and pages have to do with it; then at once, for the
 * rest, which is most of it.
 */
import {
  EVENT_KINDS,
  exit,
  EXIT_REASONS,
  fault,
  FLUSH_REASONS,
  flushAck,
  flushSend,
  harvestBegin,
  harvestEnd,
  map,
  operation,
  pte,
  PTE_CAUSES,
  pteLayout,
  read,
  report,
  tlbFill,
  tlbUpdate,
  transfer,
  write,
  type EventBatch,
  type PteLayout,
} from '../../traces/index.js';
import type { Fold } from '../../replayer/index.js';
import { widened } from '../columns.js';
import { COSTLY_KINDS, costNsOf } from '../collectors/costs.js';
import { missedPages, type UncapturedWrites } from '../collectors/uncaptured-writes.js';
import { SPENT_ON } from '../cost/index.js';
import type { CollectorDefinition, EventHandler } from '../pass.js';
import { COST_KIND, CostBuckets, KINDS_OF_COST } from './cost-buckets.js';
import { type DidTree, NOTHING, WORDED, wordOf, wordOfFill } from './did.js';
import { CLEAN, DirtyingWrites, tokenOf } from './dirtying-writes.js';
import type { Lanes } from './lanes.js';
import { PageSums } from './page-sums.js';
import { RoundCosts } from './round-costs.js';
import type { SideFacts } from './side-facts.js';
import { AT, DID, ORDER, STALL, TAKEN, WIDTH, WriteRecords } from './write-records.js';

const HARVEST = FLUSH_REASONS.indexOf('harvest');
const KICK = EXIT_REASONS.indexOf('kick');
const WALKER = PTE_CAUSES.indexOf('walker');
const NO_CPU = -2;
/** Per CPU: what waits for its next access, by kind of cost, and the sum. */
const PENDING = KINDS_OF_COST + 1;
const SUM = KINDS_OF_COST;

/** By event code: what its cost is spent on, by position in a bucket. */
const COST_OF = new Uint8Array(256);
for (const { kind, code } of EVENT_KINDS) if (SPENT_ON[kind] !== undefined) COST_OF[code] = COST_KIND[SPENT_ON[kind]];

/** By event code: 1 where all there is to an event is its word and its cost. */
const IS_PLAIN = new Uint8Array(256).fill(1);
for (const { code } of [harvestBegin, harvestEnd, read, operation, fault, flushSend]) IS_PLAIN[code] = 0;

export class SideWrites {
  readonly records = new WriteRecords();
  readonly buckets = new CostBuckets();
  readonly pages = new PageSums();
  readonly #dirtying: DirtyingWrites;
  readonly #round: RoundCosts;
  readonly #facts: SideFacts;
  readonly #tree: DidTree;
  readonly #lanes: Lanes;
  readonly #side: 0 | 1;
  readonly #byCpu: boolean;
  #layouts: readonly PteLayout[] = [];
  /** By row of the batch: the record of a write that made a frame dirty, + 1. */
  #recordAt = new Int32Array(0);
  /** The CPU that the harvest under way runs on, as the second look comes by; -2 where none is. */
  #roundCpu = NO_CPU;
  // By CPU number + 1. Busy: something waits for its next access.
  #busy = new Uint8Array(8);
  #did = new Float64Array(8);
  #stall = new Float64Array(8);
  #operating = new Uint8Array(8);
  #pending = new Float64Array(8 * PENDING);
  /** By flush reason: the CPU that sent the last one, + 1. */
  readonly #sender: number[] = FLUSH_REASONS.map(() => 0);

  /** @param settled called with a row that was open and is no more */
  constructor(facts: SideFacts, tree: DidTree, lanes: Lanes, side: 0 | 1, settled: (row: number) => void) {
    this.#facts = facts;
    this.#tree = tree;
    this.#lanes = lanes;
    this.#side = side;
    this.#byCpu = lanes.mode === 'write';
    this.#dirtying = new DirtyingWrites(this.records, settled);
    this.#round = new RoundCosts(this.records, this.#dirtying, this.buckets, this.pages);
  }

  collector(id: string): CollectorDefinition<SideWrites> {
    return {
      id,
      create: ({ meta, chunks }) => {
        this.#layouts = meta.spaces.map(({ layout }) => pteLayout(layout));
        this.#recordAt = new Int32Array(chunks.reduce((most, { events }) => Math.max(most, events), 1));
        return {
          on: this.#handlers(),
          writes: (batch, from, to, fold, page, frame) => {
            this.pages.wrote(page, batch.space[from]!, batch.page[from]!, to - from);
            if (page >= 0 && fold.pages.frame[page] !== frame) this.#facts.stale.lookAtAll();
          },
          dirtyingWrites: (_batch, from, _to, fold, page, frame) => this.#dirties(from, fold, page, frame),
          batch: { kinds: [...WORDED, read.kind, operation.kind], take: (batch, fold) => this.#take(batch, fold) },
          finish: (end) => this.#finish(end),
        };
      },
    };
  }

  /** Enters what each page lost, which only the end tells. */
  countLost(end: Fold, uncaptured: UncapturedWrites): void {
    for (const home of missedPages(end, uncaptured).lost.pages)
      this.pages.addKnown('lostWrites', home, end.generationOf(home) - end.capturedOf(home));
  }

  /** What must be seen with the state. */
  #handlers(): Record<string, EventHandler> {
    const round = this.#round;
    const on: Record<string, EventHandler> = {
      'harvest-begin': (batch, row) => {
        round.cpu = batch.cpu[row]!;
      },
      'harvest-end': () => {
        if (round.isUnderWay) round.end();
      },
      report: ({ space, page, slots }, row, fold) => {
        this.#dirtying.settleMoves(fold);
        round.tell(fold, space[row]!, page[row]!, slots[report.slot.pages]![row]!);
      },
      transfer: ({ space, page, slots }, row, fold) => {
        this.#dirtying.settleMoves(fold);
        const bytes = slots[transfer.slot.bytes]![row]!;
        const costNs = slots[transfer.slot.cost]![row]!;
        round.transfer(fold, space[row]!, page[row]!, slots[transfer.slot.pages]![row]!, bytes, costNs);
      },
      'frame-move': (_batch, _row, fold, page) => {
        this.#dirtying.settleMoves(fold);
        if (page >= 0) this.#dirtying.moves(page, fold.pages.frame[page]!);
      },
      map: ({ space, slots }, row, fold) => {
        this.#dirtying.settleMoves(fold);
        const frame = fold.frames.find(slots[map.slot.frame]![row]!, fold.spaces.isGuest(space[row]!));
        // A frame that nobody is on begins anew.
        if (frame > 0 && fold.frames.mappers[frame] === 0) this.#dirtying.set(frame, CLEAN);
      },
    };
    for (const kind of COSTLY_KINDS) {
      if (kind === transfer.kind) continue;
      const other = on[kind];
      on[kind] = (batch, row, fold, page) => {
        if (round.isUnderWay && belongsToRound(batch, row, round.cpu))
          round.spend(COST_OF[batch.kind[row]!]!, costNsOf(batch, row));
        other?.(batch, row, fold, page);
      };
    }
    return on;
  }

  #dirties(row: number, fold: Fold, page: number, frame: number): void {
    this.#dirtying.settleMoves(fold);
    if (page >= 0) this.#facts.stale.wrote(page);
    const backing = fold.backing(frame);
    const behind = backing < 0 ? 0 : fold.pages.frame[backing]!;
    const isFirst = frame > 0 && this.#dirtying.of(frame) === CLEAN;
    const isFirstBehind = behind > 0 && this.#dirtying.of(behind) === CLEAN;
    if (!isFirst && !isFirstBehind) return;
    const record = this.records.take();
    this.#recordAt[row] = record + 1;
    if (isFirst) this.#dirtying.set(frame, tokenOf(record));
    if (isFirstBehind) this.#dirtying.set(behind, tokenOf(record));
  }

  /** The second look at a batch. */
  #take(batch: EventBatch, fold: Fold): void {
    const { kind, cpu, length, slots } = batch;
    this.#makeRoom(batch);
    const busy = this.#busy;
    const operating = this.#operating;
    const did = this.#did;
    const recordAt = this.#recordAt;
    const fillFlags = slots[tlbFill.slot.flags]!;
    for (let row = 0; row < length; row++) {
      const code = kind[row]!;
      const at = cpu[row]! + 1;
      if (code === write.code) {
        if (busy[at] !== 0 || recordAt[row] !== 0 || !this.#byCpu) this.#count(batch, row, at, fold);
        else row = this.#countPlain(batch, row, at) - 1;
        continue;
      }
      if (code === tlbFill.code) {
        // Most of what is no write; without a cost, and always of an access.
        if (cpu[row] === this.#roundCpu) continue;
        operating[at] = 0;
        did[at] = this.#tree.step(did[at]!, wordOfFill(fillFlags[row]!));
        busy[at] = 1;
        continue;
      }
      if (IS_PLAIN[code] === 0) this.#special(batch, row, at, fold);
      const costNs = costNsOf(batch, row);
      if (costNs !== 0 && at > 0) {
        this.#stall[at]! += costNs; // a device is no CPU that could wait
        busy[at] = 1;
      }
      if (this.#roundCpu !== NO_CPU && belongsToRound(batch, row, this.#roundCpu)) continue;
      if (operating[at] !== 0 && beginsAccess(batch, row)) operating[at] = 0;
      if (operating[at] === 0) {
        const word = wordOf(batch, row, this.#layouts);
        if (word >= 0) {
          did[at] = this.#tree.step(did[at]!, word);
          busy[at] = 1;
        }
      }
      if (costNs !== 0 && code !== transfer.code) this.#charge(batch, row, at, COST_OF[code]!, costNs);
    }
  }

  /** What an event of a kind that is not plain is besides a word and a cost. */
  #special({ kind, cpu, space, page, slots }: EventBatch, row: number, at: number, fold: Fold): void {
    switch (kind[row]) {
      case harvestBegin.code:
        this.#roundCpu = cpu[row]!;
        this.#facts.harvestBegan();
        return;
      case harvestEnd.code:
        this.#roundCpu = NO_CPU;
        this.#facts.harvestEnded();
        return;
      case read.code:
        this.#spendPending(at, this.buckets.loads);
        return;
      case operation.code:
        this.#operating[at] = this.#busy[at] = 1;
        return;
      case fault.code:
        this.pages.add('faults', fold.pages.find(space[row]!, page[row]!), space[row]!, page[row]!, 1);
        return;
      case flushSend.code:
        this.#sender[slots[flushSend.slot.reason]![row]!] = at;
        return;
      default:
    }
  }

  /** A write, with what it did. */
  #count(batch: EventBatch, row: number, at: number, fold: Fold): void {
    this.#facts.count(batch, row, at, 1);
    const lane = this.#byCpu ? at : this.#lanes.laneOf(this.#side, batch.space[row]!, batch.page[row]!);
    this.#lanes.count(this.#side, lane, 1);
    if (this.#busy[at] !== 0 || this.#recordAt[row] !== 0) this.#wrote(batch, row, at, lane, fold);
  }

  /** Counts writes of a CPU, from that row on, that did nothing but write; gives the row behind them. */
  #countPlain(batch: EventBatch, row: number, at: number): number {
    const { kind, cpu, length } = batch;
    const recordAt = this.#recordAt;
    let end = row + 1;
    while (end < length && kind[end] === write.code && cpu[end] === at - 1 && recordAt[end] === 0) end++;
    this.#facts.count(batch, end - 1, at, end - row);
    this.#lanes.count(this.#side, at, end - row);
    return end;
  }

  /** A write that something waited for, or that made a frame dirty. */
  #wrote(batch: EventBatch, row: number, at: number, lane: number, fold: Fold): void {
    let record = this.#recordAt[row]! - 1;
    this.#recordAt[row] = 0;
    const taken = this.#pending[at * PENDING + SUM]!;
    const did = this.#did[at]!;
    const stall = this.#stall[at]!;
    this.#spendPending(at, this.buckets.taken);
    if (record < 0 && did === NOTHING && taken === 0 && stall === 0) return;
    if (taken !== 0) {
      const index = fold.pages.find(batch.space[row]!, batch.page[row]!);
      this.pages.add('costNs', index, batch.space[row]!, batch.page[row]!, taken);
    }
    const order = this.#lanes.writesOf(this.#side, lane);
    const { records } = this;
    if (!this.#lanes.follows(lane, order)) {
      if (record >= 0) records.disown(record);
      return;
    }
    if (record < 0) record = records.take();
    const { values } = records;
    const base = record * WIDTH;
    values[base + ORDER] = order;
    values[base + AT] = this.#facts.writes;
    values[base + DID] = did;
    values[base + TAKEN] = taken;
    values[base + STALL] = stall;
    records.enqueue(lane, record);
  }

  #charge(batch: EventBatch, row: number, at: number, kind: number, costNs: number): void {
    let payer = at;
    if (batch.kind[row] === flushAck.code) payer = this.#sender[batch.slots[flushAck.slot.reason]![row]!] || at;
    if (this.#operating[payer] !== 0) {
      this.buckets.operations[kind]! += costNs;
      return;
    }
    this.#pending[payer * PENDING + kind]! += costNs;
    this.#pending[payer * PENDING + SUM]! += costNs;
    this.#busy[payer] = 1;
  }

  /** An access of the CPU: what waited for it goes to that bucket. */
  #spendPending(at: number, bucket: Float64Array): void {
    this.#did[at] = NOTHING;
    this.#stall[at] = 0;
    this.#operating[at] = 0;
    this.#busy[at] = 0;
    const base = at * PENDING;
    if (this.#pending[base + SUM] === 0) return;
    for (let kind = 0; kind < KINDS_OF_COST; kind++) bucket[kind]! += this.#pending[base + kind]!;
    this.#pending.fill(0, base, base + PENDING);
  }

  #finish(end: Fold): SideWrites {
    this.#dirtying.settleMoves(end);
    if (this.#round.isUnderWay) this.#round.end();
    for (let at = 0; at < this.#did.length; at++) this.#spendPending(at, this.buckets.afterLast);
    return this;
  }

  /** For every CPU of the batch. */
  #makeRoom({ cpu, length }: EventBatch): void {
    let most = 0;
    for (let row = 0; row < length; row++) if (cpu[row]! > most) most = cpu[row]!;
    if (most + 1 < this.#did.length) return;
    const wider = 2 ** Math.ceil(Math.log2(most + 2));
    this.#busy = widened(this.#busy, new Uint8Array(wider));
    this.#did = widened(this.#did, new Float64Array(wider));
    this.#stall = widened(this.#stall, new Float64Array(wider));
    this.#operating = widened(this.#operating, new Uint8Array(wider));
    this.#pending = widened(this.#pending, new Float64Array(wider * PENDING));
    this.#facts.makeRoom(wider);
  }
}

/** Whether the event is part of the harvest under way: on its CPU, or on another one at its request. */
function belongsToRound(batch: EventBatch, row: number, roundCpu: number): boolean {
  if (batch.cpu[row] === roundCpu) return true;
  if (batch.kind[row] === flushAck.code) return batch.slots[flushAck.slot.reason]![row] === HARVEST;
  return batch.kind[row] === exit.code && batch.slots[exit.slot.reason]![row] === KICK;
}

/** Whether that event can only come of an access, so that an operation before it must be over. */
function beginsAccess(batch: EventBatch, row: number): boolean {
  switch (batch.kind[row]) {
    case fault.code:
    case tlbFill.code:
    case tlbUpdate.code:
      return true;
    case pte.code:
      return batch.slots[pte.slot.cause]![row] === WALKER;
    case exit.code:
      return batch.slots[exit.slot.reason]![row] !== KICK;
    default:
      return false;
  }
}
