/**
 * Writes the events of the machine into a batch, in order, and keeps the clocks: simulated time never decreases, and what an
 * event costs delays what follows on its CPU. One method per event kind; nobody else knows the positions of fields.
 */
import {
  cacheFlush,
  CHUNK_EVENTS,
  declare,
  EventBatch,
  exit,
  fault,
  flushAck,
  flushQueue,
  flushSend,
  frameMove,
  harvestBegin,
  harvestEnd,
  lock,
  map,
  mark,
  methodSwitch,
  notifier,
  operation,
  type PteLayout,
  pte,
  read,
  report,
  tableAlloc,
  tlbEvict,
  tlbFill,
  tlbUpdate,
  transfer,
  unlock,
  unmap,
  walk,
  write,
} from '../../traces/index.js';
import type { PageStore } from './pages.js';

/** CPUs a machine may have; CPU numbers in accesses are bytes, and fine mode adds one for the harvest. */
export const MAX_CPUS = 256;

/** Actor numbers: the harvest, devices, the kernel as a writer, the host's harvest, and the program thread of each CPU from here on. */
export const ACTOR_HARVEST = 0;
export const ACTOR_DEVICE = 1;
export const ACTOR_KERNEL = 2;
export const ACTOR_HOST = 3;
export const ACTOR_PROGRAM = 4;

/** Names by actor number. */
export function actorNames(cpus: number): readonly string[] {
  return [
    'harvest',
    'device',
    'kernel',
    'host harvest',
    ...Array.from({ length: cpus }, (_, cpu) => `program on CPU ${cpu}`),
  ];
}

export class Journal {
  readonly batch: EventBatch;
  /** Program time by CPU, ns. */
  readonly program = new Float64Array(MAX_CPUS);
  /** Tracking overhead by CPU, ns. */
  readonly overhead = new Float64Array(MAX_CPUS);
  /** Time a CPU had nothing to do, ns. */
  readonly idle = new Float64Array(MAX_CPUS);
  /** Events of each kind so far, by code. */
  readonly counts = new Float64Array(32);
  /** Time of the last event, ns. */
  time = 0;
  /** Who acts, where, and in which step: columns of the events that follow. */
  actor = 0;
  cpu = 0;
  step = 0;

  readonly #pages: PageStore;
  /** By address space; those that are not named have the first. */
  readonly #layouts: readonly PteLayout[];
  readonly #onFull: (batch: EventBatch) => void;
  readonly #slots: EventBatch['slots'];
  // The columns every event fills, at hand: one load less for each on the hot path.
  readonly #kind: EventBatch['kind'];
  readonly #time: EventBatch['time'];
  readonly #cpu: EventBatch['cpu'];
  readonly #actor: EventBatch['actor'];
  readonly #step: EventBatch['step'];
  readonly #page: EventBatch['page'];
  readonly #space: EventBatch['space'];
  readonly #slot0: Float64Array;
  readonly #slot1: Float64Array;
  readonly #slot2: Float64Array;

  /**
   * @param onFull takes the rows of a full batch; the batch is reused when it returns
   * @param batchEvents events in a full batch
   */
  constructor(
    pages: PageStore,
    layouts: readonly PteLayout[],
    onFull: (batch: EventBatch) => void,
    batchEvents: number = CHUNK_EVENTS,
  ) {
    this.#pages = pages;
    this.#layouts = layouts;
    this.#onFull = onFull;
    const batch = new EventBatch(batchEvents);
    this.batch = batch;
    this.#slots = batch.slots;
    this.#kind = batch.kind;
    this.#time = batch.time;
    this.#cpu = batch.cpu;
    this.#actor = batch.actor;
    this.#step = batch.step;
    this.#page = batch.page;
    this.#space = batch.space;
    this.#slot0 = batch.slots[0]!;
    this.#slot1 = batch.slots[1]!;
    this.#slot2 = batch.slots[2]!;
  }

  /** Position of the last event; 0 before the first. */
  get seq(): number {
    return this.batch.firstSeq + this.batch.length - 1;
  }

  /** Who acts from here on, and on which CPU. */
  enter(actor: number, cpu: number): void {
    this.actor = actor;
    this.cpu = cpu;
  }

  /** Where the clock of a CPU stands, ns. */
  clock(cpu: number): number {
    return this.program[cpu]! + this.overhead[cpu]! + this.idle[cpu]!;
  }

  /** Renumbers a CPU: the new number has its clock, the old one starts afresh. */
  moveClock(from: number, to: number): void {
    for (const clock of [this.program, this.overhead, this.idle]) {
      clock[to] = clock[from]!;
      clock[from] = 0;
    }
  }

  /** Delays what follows on the CPU. */
  charge(cpu: number, costNs: number): void {
    this.overhead[cpu]! += costNs;
  }

  /** A store of `size` bytes to page number `page` reached memory at program time `program`. The hot path: it allocates nothing. */
  write(space: number, page: number, offset: number, size: number, program: number): void {
    this.#access(write.code, space, page, offset, size, program);
  }

  read(space: number, page: number, offset: number, size: number, program: number): void {
    this.#access(read.code, space, page, offset, size, program);
  }

  tlbFill(page: number, frame: number, slot: number, asid: number, flags: number): void {
    const row = this.#row(tlbFill.code, page);
    this.#slots[tlbFill.slot.frame]![row] = frame;
    this.#slots[tlbFill.slot.slot]![row] = slot;
    this.#slots[tlbFill.slot.asid]![row] = asid;
    this.#slots[tlbFill.slot.flags]![row] = flags;
    this.#done();
  }

  tlbUpdate(page: number, slot: number, flags: number): void {
    const row = this.#row(tlbUpdate.code, page);
    this.#slots[tlbUpdate.slot.slot]![row] = slot;
    this.#slots[tlbUpdate.slot.flags]![row] = flags;
    this.#done();
  }

  tlbEvict(page: number, slot: number, reason: number): void {
    const row = this.#row(tlbEvict.code, page);
    this.#slots[tlbEvict.slot.slot]![row] = slot;
    this.#slots[tlbEvict.slot.reason]![row] = reason;
    this.#done();
  }

  fault(page: number, error: number, handler: number, costNs: number): void {
    const row = this.#row(fault.code, page);
    this.#slots[fault.slot.error]![row] = error;
    this.#slots[fault.slot.handler]![row] = handler;
    this.#slots[fault.slot.cost]![row] = costNs;
    this.#done();
    this.charge(this.cpu, costNs);
  }

  /** An entry changed from logical flags to others, the frame (a number) staying the same. */
  pte(page: number, frame: number, oldFlags: number, newFlags: number, cause: number, costNs: number): void {
    const row = this.#row(pte.code, page);
    const layout = this.#layouts[this.#pages.space[page]!] ?? this.#layouts[0]!;
    this.#slots[pte.slot.oldLow]![row] = layout.low(oldFlags, frame);
    this.#slots[pte.slot.oldHigh]![row] = layout.high(oldFlags, frame);
    this.#slots[pte.slot.newLow]![row] = layout.low(newFlags, frame);
    this.#slots[pte.slot.newHigh]![row] = layout.high(newFlags, frame);
    this.#slots[pte.slot.cause]![row] = cause;
    this.#slots[pte.slot.cost]![row] = costNs;
    this.#done();
    this.charge(this.cpu, costNs);
  }

  mark(page: number, pages: number, carrier: number, value: number): void {
    const row = this.#row(mark.code, page);
    this.#slots[mark.slot.pages]![row] = pages;
    this.#slots[mark.slot.carrier]![row] = carrier;
    this.#slots[mark.slot.value]![row] = value;
    this.#done();
  }

  flushQueue(page: number, pages: number, reason: number): void {
    const row = this.#row(flushQueue.code, page);
    this.#slots[flushQueue.slot.pages]![row] = pages;
    this.#slots[flushQueue.slot.reason]![row] = reason;
    this.#done();
  }

  flushSend(page: number, pages: number, scope: number, targets: number, reason: number, costNs: number): void {
    const row = this.#row(flushSend.code, page);
    this.#slots[flushSend.slot.pages]![row] = pages;
    this.#slots[flushSend.slot.scope]![row] = scope;
    this.#slots[flushSend.slot.targets]![row] = targets;
    this.#slots[flushSend.slot.reason]![row] = reason;
    this.#slots[flushSend.slot.cost]![row] = costNs;
    this.#done();
    this.charge(this.cpu, costNs);
  }

  flushAck(page: number, pages: number, scope: number, reason: number, costNs: number): void {
    const row = this.#row(flushAck.code, page);
    this.#slots[flushAck.slot.pages]![row] = pages;
    this.#slots[flushAck.slot.scope]![row] = scope;
    this.#slots[flushAck.slot.reason]![row] = reason;
    this.#slots[flushAck.slot.cost]![row] = costNs;
    this.#done();
    this.charge(this.cpu, costNs);
  }

  map(page: number, frame: number, memory: number): void {
    const row = this.#row(map.code, page);
    this.#slots[map.slot.frame]![row] = frame;
    this.#slots[map.slot.memory]![row] = memory;
    this.#done();
  }

  unmap(page: number, frame: number): void {
    const row = this.#row(unmap.code, page);
    this.#slots[unmap.slot.frame]![row] = frame;
    this.#done();
  }

  frameMove(page: number, oldFrame: number, newFrame: number, memory: number, costNs: number): void {
    const row = this.#row(frameMove.code, page);
    this.#slots[frameMove.slot.oldFrame]![row] = oldFrame;
    this.#slots[frameMove.slot.newFrame]![row] = newFrame;
    this.#slots[frameMove.slot.memory]![row] = memory;
    this.#slots[frameMove.slot.cost]![row] = costNs;
    this.#done();
    this.charge(this.cpu, costNs);
  }

  cacheFlush(page: number, pages: number, costNs: number): void {
    const row = this.#row(cacheFlush.code, page);
    this.#slots[cacheFlush.slot.pages]![row] = pages;
    this.#slots[cacheFlush.slot.cost]![row] = costNs;
    this.#done();
    this.charge(this.cpu, costNs);
  }

  notifier(page: number, pages: number, phase: number): void {
    const row = this.#row(notifier.code, page);
    this.#slots[notifier.slot.pages]![row] = pages;
    this.#slots[notifier.slot.phase]![row] = phase;
    this.#done();
  }

  exit(page: number, reason: number, costNs: number): void {
    const row = this.#row(exit.code, page);
    this.#slots[exit.slot.reason]![row] = reason;
    this.#slots[exit.slot.cost]![row] = costNs;
    this.#done();
    this.charge(this.cpu, costNs);
  }

  operation(space: number, page: number, code: number, pages: number, program: number): void {
    const row = this.#rowAt(operation.code, space, page);
    this.#slots[operation.slot.operation]![row] = code;
    this.#slots[operation.slot.pages]![row] = pages;
    this.#slots[operation.slot.program]![row] = program;
    this.#done();
  }

  tableAlloc(page: number, pages: number, tables: number, costNs: number): void {
    const row = this.#row(tableAlloc.code, page);
    this.#slots[tableAlloc.slot.pages]![row] = pages;
    this.#slots[tableAlloc.slot.tables]![row] = tables;
    this.#slots[tableAlloc.slot.cost]![row] = costNs;
    this.#done();
    this.charge(this.cpu, costNs);
  }

  report(page: number, pages: number): void {
    const row = this.#row(report.code, page);
    this.#slots[report.slot.pages]![row] = pages;
    this.#done();
  }

  transfer(page: number, pages: number, bytes: number, costNs: number): void {
    const row = this.#row(transfer.code, page);
    this.#slots[transfer.slot.pages]![row] = pages;
    this.#slots[transfer.slot.bytes]![row] = bytes;
    this.#slots[transfer.slot.cost]![row] = costNs;
    this.#done();
    this.charge(this.cpu, costNs);
  }

  walk(page: number, pages: number, slots: number, changed: number, costNs: number): void {
    const row = this.#row(walk.code, page);
    this.#slots[walk.slot.pages]![row] = pages;
    this.#slots[walk.slot.slots]![row] = slots;
    this.#slots[walk.slot.changed]![row] = changed;
    this.#slots[walk.slot.cost]![row] = costNs;
    this.#done();
    this.charge(this.cpu, costNs);
  }

  harvestBegin(harvest: number): void {
    const row = this.#row(harvestBegin.code, -1);
    this.#slots[harvestBegin.slot.harvest]![row] = harvest;
    this.#done();
  }

  harvestEnd(harvest: number): void {
    const row = this.#row(harvestEnd.code, -1);
    this.#slots[harvestEnd.slot.harvest]![row] = harvest;
    this.#done();
  }

  methodSwitch(from: number, to: number, reads: number): void {
    const row = this.#row(methodSwitch.code, -1);
    this.#slots[methodSwitch.slot.from]![row] = from;
    this.#slots[methodSwitch.slot.to]![row] = to;
    this.#slots[methodSwitch.slot.reads]![row] = reads;
    this.#done();
  }

  lock(space: number, page: number, kind: number): void {
    const row = this.#rowAt(lock.code, space, page);
    this.#slots[lock.slot.lock]![row] = kind;
    this.#done();
  }

  unlock(space: number, page: number, kind: number): void {
    const row = this.#rowAt(unlock.code, space, page);
    this.#slots[unlock.slot.lock]![row] = kind;
    this.#done();
  }

  declare(page: number, claim: number, pages: number): void {
    const row = this.#row(declare.code, page);
    this.#slots[declare.slot.claim]![row] = claim;
    this.#slots[declare.slot.pages]![row] = pages;
    this.#done();
  }

  #access(kind: number, space: number, page: number, offset: number, size: number, program: number): void {
    // The three slots of an access are the same for write and read; see their definitions.
    const row = this.#rowAt(kind, space, page);
    this.#slot0[row] = offset;
    this.#slot1[row] = size;
    this.#slot2[row] = program;
    this.#done();
  }

  /** Starts the next row, about a page of the machine (-1: about none). */
  #row(kind: number, page: number): number {
    const { space, number } = this.#pages;
    return page < 0 ? this.#rowAt(kind, 0, -1) : this.#rowAt(kind, space[page]!, number[page]!);
  }

  /** Starts the next row and fills the common columns. */
  #rowAt(kind: number, space: number, page: number): number {
    const row = this.batch.length;
    const cpu = this.cpu;
    const now = this.program[cpu]! + this.overhead[cpu]! + this.idle[cpu]!;
    if (now > this.time) this.time = now;
    this.#kind[row] = kind;
    this.#time[row] = this.time;
    this.#cpu[row] = cpu;
    this.#actor[row] = this.actor;
    this.#step[row] = this.step;
    this.#space[row] = space;
    this.#page[row] = page;
    this.counts[kind]!++;
    return row;
  }

  #done(): void {
    const batch = this.batch;
    if (++batch.length < batch.capacity) return;
    this.#onFull(batch);
    batch.firstSeq += batch.length;
    batch.length = 0;
  }
}
