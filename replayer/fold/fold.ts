/**
 * The pure fold of events into machine state: what the simulator knew after each event, from the trail alone. State is columns by
 * dense page and frame index; a write costs one hash lookup, and nothing but an addition when it repeats the one before it.
 *
 * Rules: a write goes to the frame of the TLB entry that its CPU holds for the page, stale or not, and to the page's own frame where
 * there is none; a flush takes effect at its ack, on the CPU that acknowledges; a transfer captures what the frame is at that event.
 * A frame is in use while a page maps it; mapping an unused one starts its generations at 0.
 */
import { InputError } from '../../base/index.js';
import {
  CARRIERS,
  carrierBit,
  carrierMask,
  flushAck,
  frameMove,
  harvestBegin,
  harvestEnd,
  map,
  mark,
  methodSwitch,
  pte,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_SOFT_DIRTY,
  PTE_UFFD_WP,
  pteLayout,
  tlbEvict,
  tlbFill,
  tlbUpdate,
  transfer,
  unmap,
  write,
  type Carrier,
  type EventBatch,
  type MachineSnapshot,
  type PteLayout,
  type TrailMeta,
} from '../../traces/index.js';
import { loadSnapshot, takeSnapshot } from './fold-snapshot.js';
import { FrameTable } from './frame-table.js';
import { PageTable } from './page-table.js';
import { CpuTlb, SlotRoom } from './tlb.js';

const PTE_DIRTY_CARRIER = carrierMask(['pte-dirty']);
const MAPPED_CARRIER = carrierMask(['mapped']);
const SOFT_DIRTY_CARRIER = carrierMask(['soft-dirty']);
const UFFD_WP_CARRIER = carrierMask(['uffd-wp']);
const SHADOW_COPY_CARRIER = carrierMask(['shadow-copy']);
/** Carriers that nobody marks: they are read from the entry, or from the contents. */
const UNMARKED_CARRIERS = MAPPED_CARRIER | SOFT_DIRTY_CARRIER | UFFD_WP_CARRIER | SHADOW_COPY_CARRIER;
const SCOPE_RANGE = 0;
const SCOPE_SPACE = 1;

/** What the fold must know of a trail besides its events. */
export type FoldMeta = Pick<TrailMeta, 'arch' | 'carriers' | 'spaces' | 'tlb'>;

/** The kinds that change the state: what the fold must be given. Bit c for event code c. */
export const FOLD_KINDS = [
  write,
  pte,
  tlbFill,
  tlbUpdate,
  tlbEvict,
  mark,
  flushAck,
  transfer,
  map,
  unmap,
  frameMove,
  harvestBegin,
  harvestEnd,
  methodSwitch,
].reduce((kinds, { code }) => kinds | (1 << code), 0);

export class Fold {
  pages = new PageTable();
  frames = new FrameTable();
  /** By CPU number; a CPU that never filled an entry has none. */
  readonly tlbs: Array<CpuTlb | undefined> = [];
  /** The last event folded; 0 before the first. */
  seq = 0;
  timeNs = 0;
  /** Harvests completed. */
  harvests = 0;
  /** Whether a harvest is under way. */
  harvesting = false;
  /** Carrier mask of what the consumer reads now. */
  reads: number;
  readonly #readsAtStart: number;
  readonly #layouts: readonly PteLayout[];
  readonly #tlbSlots: number;
  #tlbRoom = new SlotRoom();

  /** Throws an `InputError` when the meta names an entry layout or a carrier that this version does not know. */
  constructor(meta: FoldMeta) {
    this.#layouts =
      meta.spaces.length === 0 ? [pteLayout(meta.arch)] : meta.spaces.map((space) => pteLayout(space.layout));
    this.#readsAtStart = carrierMask(meta.carriers.map(knownCarrier));
    this.#tlbSlots = meta.tlb.sets * meta.tlb.ways;
    this.reads = this.#readsAtStart;
  }

  /** Folds rows [from, to) of the batch, which must follow what was folded before. */
  apply(batch: EventBatch, from = 0, to = batch.length): void {
    if (from >= to) return;
    const { kind, page, space, cpu } = batch;
    let generation = this.frames.generation;
    let lastPage = -1;
    let lastSpace = -1;
    let lastCpu = -2;
    let lastFrame = 0;
    for (let row = from; row < to; row++) {
      if (kind[row] === write.code) {
        if (page[row] !== lastPage || cpu[row] !== lastCpu || space[row] !== lastSpace) {
          lastPage = page[row]!;
          lastSpace = space[row]!;
          lastCpu = cpu[row]!;
          lastFrame = this.frameOfWrite(lastCpu, this.pages.find(lastSpace, lastPage));
        }
        generation[lastFrame]!++;
      } else {
        this.#applyOther(batch, row);
        // Any other event may change which frame the next write reaches, or widen the column.
        generation = this.frames.generation;
        lastPage = -1;
      }
    }
    this.seq = batch.firstSeq + batch.row[to - 1]!;
    this.timeNs = batch.time[to - 1]!;
  }

  /** Folds one event that is not a write. */
  applyRow(batch: EventBatch, row: number): void {
    this.#applyOther(batch, row);
    this.seq = batch.firstSeq + batch.row[row]!;
    this.timeNs = batch.time[row]!;
  }

  /** Folds rows [from, to), all of them writes that reach that frame (see `frameOfWrite`). */
  applyWrites(batch: EventBatch, from: number, to: number, frame: number): void {
    this.frames.generation[frame]! += to - from;
    this.seq = batch.firstSeq + batch.row[to - 1]!;
    this.timeNs = batch.time[to - 1]!;
  }

  /** Index of the frame that a write of this CPU to the page (an index, or -1) reaches; 0 for none that the trail knows. */
  frameOfWrite(cpu: number, page: number): number {
    if (page < 0) return 0;
    const tlb = cpu < 0 ? undefined : this.tlbs[cpu];
    const slot = tlb === undefined ? -1 : tlb.slotOf(page);
    return slot < 0 ? this.pages.frame[page]! : tlb!.frame[slot]!;
  }

  /** Layout of the entries of a space. */
  layoutOf(space: number): PteLayout {
    return this.#layouts[space] ?? this.#layouts[0]!;
  }

  /** Logical flags of a page's in-memory entry (PTE_PRESENT, PTE_WRITABLE, PTE_DIRTY, ...). */
  pteFlags(page: number): number {
    return this.layoutOf(this.pages.space[page]!).flags(this.pages.pteLow[page]!, this.pages.pteHigh[page]!);
  }

  isMapped(page: number): boolean {
    return this.pages.frame[page] !== 0;
  }

  generationOf(page: number): number {
    return this.frames.generation[this.pages.frame[page]!]!;
  }

  capturedOf(page: number): number {
    return this.frames.captured[this.pages.frame[page]!]!;
  }

  /** Whether the page's frame holds writes that the consumer has not transferred. */
  isStale(page: number): boolean {
    const frame = this.pages.frame[page]!;
    return frame !== 0 && this.frames.generation[frame]! > this.frames.captured[frame]!;
  }

  /** Mask of those carriers that the consumer reads (or of `reads`) and that are set for the page. */
  carriersOf(page: number, reads = this.reads): number {
    const frame = this.pages.frame[page]!;
    let set = this.pages.marks[page]! & reads;
    if (reads & UNMARKED_CARRIERS && frame !== 0) set |= this.#unmarkedCarriers(page) & reads;
    if (reads & PTE_DIRTY_CARRIER && this.#entryDirty(page, frame)) set |= PTE_DIRTY_CARRIER;
    return set;
  }

  /** Whether the consumer will come for this page: a carrier that it reads is set. */
  isMarked(page: number): boolean {
    return this.carriersOf(page) !== 0;
  }

  /** The whole state in its canonical, sorted form. */
  snapshot(): MachineSnapshot {
    return takeSnapshot(this);
  }

  /** Replaces the whole state. */
  load(snapshot: MachineSnapshot): void {
    loadSnapshot(this, snapshot);
  }

  /** Back to the state before the first event. `pages` and `frames` are new objects then: emptying the hashes costs as much. */
  reset(): void {
    this.pages = new PageTable();
    this.frames = new FrameTable();
    this.tlbs.length = 0;
    this.#tlbRoom = new SlotRoom();
    this.reads = this.#readsAtStart;
    this.seq = this.timeNs = this.harvests = 0;
    this.harvesting = false;
  }

  /** The TLB of a CPU, made when it is first spoken of. */
  tlbOf(cpu: number): CpuTlb {
    return (this.tlbs[cpu] ??= new CpuTlb(this.#tlbSlots, this.#tlbRoom));
  }

  /** What the carriers that nobody marks say of a mapped page. */
  #unmarkedCarriers(page: number): number {
    const flags = this.pteFlags(page);
    return (
      MAPPED_CARRIER |
      (flags & PTE_SOFT_DIRTY ? SOFT_DIRTY_CARRIER : 0) |
      // The meaning is inverted: a present page without the bit has been written.
      ((flags & (PTE_PRESENT | PTE_UFFD_WP)) === PTE_PRESENT ? UFFD_WP_CARRIER : 0) |
      (this.isStale(page) ? SHADOW_COPY_CARRIER : 0)
    );
  }

  /** Dirtiness is by frame: D in any entry that maps it counts. Aliases are rare, so only then are all pages searched. */
  #entryDirty(page: number, frame: number): boolean {
    if (this.pteFlags(page) & PTE_DIRTY) return true;
    if (frame === 0 || this.frames.mappers[frame]! < 2) return false;
    for (let other = 0; other < this.pages.count; other++) {
      if (this.pages.frame[other] === frame && this.pteFlags(other) & PTE_DIRTY) return true;
    }
    return false;
  }

  #applyOther(batch: EventBatch, row: number): void {
    const slots = batch.slots;
    const space = batch.space[row]!;
    const page = batch.page[row]!;
    const cpu = batch.cpu[row]!;
    switch (batch.kind[row]) {
      case pte.code: {
        const index = this.pages.ensure(space, page);
        this.pages.pteLow[index] = slots[pte.slot.newLow]![row]!;
        this.pages.pteHigh[index] = slots[pte.slot.newHigh]![row]!;
        return;
      }
      case tlbFill.code: {
        const index = this.pages.ensure(space, page);
        const frame = this.frames.ensure(slots[tlbFill.slot.frame]![row]!);
        this.tlbOf(cpu).fill(
          slots[tlbFill.slot.slot]![row]!,
          index,
          frame,
          slots[tlbFill.slot.asid]![row]!,
          slots[tlbFill.slot.flags]![row]!,
        );
        return;
      }
      case tlbUpdate.code:
        this.tlbs[cpu]?.update(slots[tlbUpdate.slot.slot]![row]!, slots[tlbUpdate.slot.flags]![row]!);
        return;
      case tlbEvict.code:
        this.tlbs[cpu]?.empty(slots[tlbEvict.slot.slot]![row]!);
        return;
      case mark.code:
        this.#mark(
          space,
          page,
          slots[mark.slot.pages]![row]!,
          carrierBit(slots[mark.slot.carrier]![row]!),
          slots[mark.slot.value]![row] !== 0,
        );
        return;
      case flushAck.code: {
        const scope = slots[flushAck.slot.scope]![row]!;
        const tlb = this.tlbs[cpu];
        if (tlb === undefined) return;
        if (scope === SCOPE_RANGE) tlb.flushRange(this.pages, space, page, slots[flushAck.slot.pages]![row]!);
        else if (scope === SCOPE_SPACE) tlb.flushSpace(this.pages, space);
        else tlb.flushAll();
        return;
      }
      case transfer.code:
        this.#transfer(space, page, slots[transfer.slot.pages]![row]!);
        return;
      case map.code:
        this.#map(this.pages.ensure(space, page), slots[map.slot.frame]![row]!, slots[map.slot.memory]![row]!);
        return;
      case unmap.code:
        this.#unmap(this.pages.ensure(space, page));
        return;
      case frameMove.code:
        this.#move(
          this.pages.ensure(space, page),
          slots[frameMove.slot.newFrame]![row]!,
          slots[frameMove.slot.memory]![row]!,
        );
        return;
      case harvestBegin.code:
        this.harvesting = true;
        return;
      case harvestEnd.code:
        this.harvesting = false;
        this.harvests = slots[harvestEnd.slot.harvest]![row]!;
        return;
      case methodSwitch.code:
        this.reads = slots[methodSwitch.slot.reads]![row]!;
        return;
      default: // the other kinds tell what happened and change no state
    }
  }

  #mark(space: number, page: number, pages: number, bit: number, set: boolean): void {
    const table = this.pages;
    if (!set) {
      table.forRange(space, page, pages, (index) => {
        table.marks[index]! &= ~bit;
      });
      return;
    }
    table.checkRange(pages);
    for (let i = 0; i < pages; i++) {
      const index = table.ensure(space, page + i);
      table.marks[index]! |= bit;
    }
  }

  #transfer(space: number, page: number, pages: number): void {
    const { pages: table, frames } = this;
    table.forRange(space, page, pages, (index) => {
      const frame = table.frame[index]!;
      frames.captured[frame] = frames.generation[frame]!;
    });
  }

  #map(page: number, number: number, memory: number): void {
    const frame = this.frames.ensure(number);
    if (this.pages.frame[page] === frame) return;
    this.#release(page);
    if (this.frames.mappers[frame] === 0) this.frames.generation[frame] = this.frames.captured[frame] = 0;
    this.frames.memory[frame] = memory;
    this.frames.mappers[frame]!++;
    this.pages.frame[page] = frame;
  }

  #unmap(page: number): void {
    this.#release(page);
    this.pages.pteLow[page] = this.pages.pteHigh[page] = 0;
    this.pages.marks[page] = 0;
  }

  #release(page: number): void {
    const frame = this.pages.frame[page]!;
    if (frame !== 0) this.frames.mappers[frame]!--;
    this.pages.frame[page] = 0;
  }

  #move(page: number, number: number, memory: number): void {
    const { frames } = this;
    const from = this.pages.frame[page]!;
    const generation = frames.generation[from]!;
    const captured = frames.captured[from]!;
    this.#map(page, number, memory);
    const to = this.pages.frame[page]!;
    // Where another page maps the new frame already, whichever contents are newer stay.
    if (from !== 0 && generation >= frames.generation[to]!) {
      frames.generation[to] = generation;
      frames.captured[to] = captured;
    }
  }
}

/** A consumer that reads what this version does not understand would look as if it lost what it was told there. */
function knownCarrier(carrier: string): Carrier {
  if (CARRIERS.includes(carrier as Carrier)) return carrier as Carrier;
  throw new InputError({
    what: `carrier '${carrier}' is not known`,
    why: 'the trail was written by a newer version of pagetrail',
    mend: 'read it with the version that wrote it, or a newer one',
  });
}
