/**
 * The pure fold of events into machine state: what the simulator knew after each event, from the trail alone. State is columns by
 * dense page and frame index; a write costs one hash lookup, and nothing but an addition when it repeats the one before it.
 *
 * Rules: a write goes to the frame of the TLB entry that its CPU holds for the page, stale or not, and to the page's own frame where
 * there is none; from a frame of a guest it goes on to the host's frame behind it. A flush takes effect at its ack, on the CPU that
 * acknowledges; a transfer captures what the frame is at that event, less what is in CPU caches alone. CPU -1 is a device: with a TLB of its own, where it has one.
 */
import { PAGES_PER_TABLE } from '../../base/index.js';
import {
  PTE_HUGE,
  sendSnapshot,
  write,
  type EventBatch,
  type MachineSnapshot,
  type PageScope,
  type PteLayout,
  type StateSink,
  type TrailMeta,
} from '../../traces/index.js';
import { applyEvent } from './apply-event.js';
import { carriersOf } from './carriers.js';
import { FoldLoader } from './fold-loader.js';
import { takeSnapshot } from './fold-snapshot.js';
import { FrameTable } from './frame-table.js';
import { Mappings } from './mappings.js';
import { PageTable } from './page-table.js';
import { Part } from './part.js';
import { knownCarriers, Spaces } from './spaces.js';
import { CpuTlb, SlotRoom } from './tlb.js';

/** What the fold must know of a trail besides its events. */
export type FoldMeta = Pick<TrailMeta, 'arch' | 'carriers' | 'spaces' | 'tlb' | 'actors' | 'options'>;

export class Fold {
  readonly pages = new PageTable();
  readonly frames = new FrameTable();
  /** Which pages are on each frame. */
  readonly mappings = new Mappings(this.pages, this.frames);
  /** By CPU number; a CPU that never filled an entry has none. */
  readonly tlbs: Array<CpuTlb | undefined> = [];
  /** What a device caches of translations: the TLB of CPU -1; undefined where none ever did. */
  deviceTlb: CpuTlb | undefined;
  /** The last event folded; 0 before the first. */
  seq = 0;
  timeNs = 0;
  /** Harvests completed. */
  harvests = 0;
  /** Whether a harvest is under way. */
  harvesting = false;
  /** Carrier mask of what the consumer reads now; see `readsOf`. */
  reads: number;
  readonly spaces: Spaces;
  /** What is folded, where that is not everything. */
  part: Part | null;
  readonly #hasHuge: boolean;
  readonly #readsAtStart: number;
  readonly #tlbSlots: number;
  #tlbRoom = new SlotRoom();
  /** Writes by CPUs are in their caches first, those by this actor are not. */
  readonly #nonCoherent: boolean;
  readonly #device: number;
  /** A write does more than add to one generation. */
  readonly #deep: boolean;

  /**
   * @param scope folds these pages only, see `part.ts`
   * @throws InputError when the meta names an entry layout or a carrier that this version does not know
   */
  constructor(meta: FoldMeta, scope: PageScope | null = null) {
    this.#hasHuge = meta.options['huge'] === 1;
    this.part = scope === null ? null : new Part(scope, this.#hasHuge);
    this.spaces = new Spaces(meta);
    this.#readsAtStart = knownCarriers(meta.carriers);
    this.#tlbSlots = meta.tlb.sets * meta.tlb.ways;
    this.#nonCoherent = meta.options['nonCoherent'] === 1;
    this.#device = meta.actors.indexOf('device');
    this.#deep = this.#nonCoherent || this.spaces.secondStage >= 0;
    this.reads = this.#readsAtStart;
  }

  /** Folds rows [from, to) of the batch, which must follow what was folded before. */
  apply(batch: EventBatch, from = 0, to = batch.length): void {
    if (from >= to) return;
    const { kind, page, space, cpu } = batch;
    const deep = this.#deep;
    let generation = this.frames.generation;
    let lastPage = -1;
    let lastSpace = -1;
    let lastCpu = -2;
    let lastFrame = 0;
    for (let row = from; row < to; row++) {
      if (deep && kind[row] === write.code) {
        const end = runEnd(batch, row, to);
        this.#write(batch, row, end - row, this.#reach(cpu[row]!, space[row]!, page[row]!));
        row = end - 1;
      } else if (kind[row] === write.code) {
        if (page[row] !== lastPage || cpu[row] !== lastCpu || space[row] !== lastSpace) {
          lastPage = page[row]!;
          lastSpace = space[row]!;
          lastCpu = cpu[row]!;
          lastFrame = this.#reach(lastCpu, lastSpace, lastPage);
          generation = this.frames.generation;
        }
        generation[lastFrame]!++;
      } else {
        applyEvent(this, batch, row);
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
    applyEvent(this, batch, row);
    this.seq = batch.firstSeq + batch.row[row]!;
    this.timeNs = batch.time[row]!;
  }

  /** Folds rows [from, to), all of them writes by one actor that reach that frame (see `frameOfWrite`). */
  applyWrites(batch: EventBatch, from: number, to: number, frame: number): void {
    this.#write(batch, from, to - from, frame);
    this.seq = batch.firstSeq + batch.row[to - 1]!;
    this.timeNs = batch.time[to - 1]!;
  }

  /** Index of the page that a CPU writes to, or -1 where the trail has not spoken of it, and no huge entry may cover it. */
  pageOfWrite(cpu: number, space: number, page: number): number {
    const known = this.pages.find(space, page);
    return known >= 0 || this.tlb(cpu)?.knowsHuge !== true ? known : this.pages.ensure(space, page);
  }

  /** Index of the frame that a write of this CPU to the page (an index, or -1) reaches; 0 for none that the trail knows. */
  frameOfWrite(cpu: number, page: number): number {
    if (page < 0) return 0;
    const tlb = this.tlb(cpu);
    const slot = tlb === undefined ? -1 : tlb.translation(this.pages, page);
    if (slot < 0) return this.pages.frame[page]!;
    const first = tlb!.frame[slot]!;
    const within = this.pages.page[page]! - this.pages.page[tlb!.page[slot]!]!;
    return within === 0 ? first : this.frames.ensure(this.frames.numberOf(first) + within, this.frames.isGuest(first));
  }

  /** Index of the frame of that number that a page (an index) is said to be on; mostly it is known to be, and no search is needed. */
  frameNumbered(number: number, page: number): number {
    const { pages, frames } = this;
    const known = pages.frame[page]!;
    return known > 0 && frames.numberOf(known) === number
      ? known
      : frames.ensure(number, this.spaces.isGuest(pages.space[page]!));
  }

  /** Slot in the CPU's TLB that a write to the page goes through, be it of a huge entry; -1 where it has none. */
  translation(cpu: number, page: number): number {
    return page < 0 ? -1 : (this.tlb(cpu)?.translation(this.pages, page) ?? -1);
  }

  /** What that CPU (-1: a device) caches; undefined where it never filled an entry. */
  tlb(cpu: number): CpuTlb | undefined {
    return cpu < 0 ? this.deviceTlb : this.tlbs[cpu];
  }

  /** The TLB of a CPU (-1: of a device), made when it is first spoken of. */
  tlbOf(cpu: number): CpuTlb {
    if (cpu < 0) return (this.deviceTlb ??= new CpuTlb(this.#tlbSlots, this.#tlbRoom));
    return (this.tlbs[cpu] ??= new CpuTlb(this.#tlbSlots, this.#tlbRoom));
  }

  /** Calls `visit` with every TLB that ever held an entry, by CPU number, a device's (-1) first. */
  forTlbs(visit: (tlb: CpuTlb, cpu: number) => void): void {
    if (this.deviceTlb !== undefined) visit(this.deviceTlb, -1);
    for (let cpu = 0; cpu < this.tlbs.length; cpu++) if (this.tlbs[cpu] !== undefined) visit(this.tlbs[cpu]!, cpu);
  }

  /** Layout of the entries of a space. */
  layoutOf(space: number): PteLayout {
    return this.spaces.layoutOf(space);
  }

  /** Carrier mask of what the consumer of a space reads now. */
  readsOf(space: number): number {
    return this.spaces.ownReadsOf(space) ?? this.reads;
  }

  /** Index of the page whose in-memory entry governs the page: its own, or the first of the huge page that it is part of. */
  governing(page: number): number {
    const { pages } = this;
    if (pages.pteLow[page] !== 0 || pages.pteHigh[page] !== 0) return page;
    const number = pages.page[page]!;
    const within = number % PAGES_PER_TABLE;
    const head = within === 0 ? -1 : pages.find(pages.space[page]!, number - within);
    return head >= 0 && this.#entryFlags(head) & PTE_HUGE ? head : page;
  }

  /** Logical flags of the entry that governs the page (PTE_PRESENT, PTE_WRITABLE, PTE_DIRTY, ...). */
  pteFlags(page: number): number {
    return this.#entryFlags(this.governing(page));
  }

  /** Index of the page of the second stage that is behind a frame of a guest; -1 for other frames, or where the trail has none. */
  backing(frame: number): number {
    return this.#deep && this.frames.isGuest(frame)
      ? this.pages.find(this.spaces.secondStage, this.frames.numberOf(frame))
      : -1;
  }

  /** Whether the write in that row stays in the caches of its CPU until they are written back. */
  staysInCaches(batch: EventBatch, row: number): boolean {
    return this.#nonCoherent && (batch.cpu[row]! >= 0 || batch.actor[row] !== this.#device);
  }

  /** The first page, by space and number, that is on the frame: where what happens to the frame is told. -1 where none is. */
  homeOf(frame: number): number {
    const { space, page } = this.pages;
    let home = this.mappings.firstOf(frame);
    for (let on = home; on >= 0; on = this.mappings.nextOf(on)) {
      if (space[on]! < space[home]! || (space[on] === space[home] && page[on]! < page[home]!)) home = on;
    }
    return home;
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

  /** Mask of the carriers that are set for the page's frame, of those that the consumer of each of its pages reads (or of `reads`). */
  carriersOf(page: number, reads?: number): number {
    return carriersOf(this, page, reads);
  }

  /** Whether the consumer will come for this page: a carrier that it reads is set. */
  isMarked(page: number): boolean {
    return carriersOf(this, page) !== 0;
  }

  /** The whole state in its canonical, sorted form. */
  snapshot(): MachineSnapshot {
    return takeSnapshot(this);
  }

  /** Replaces the whole state. */
  load(snapshot: MachineSnapshot): void {
    sendSnapshot(snapshot, this.loader());
  }

  /** What replaces the state by one that is handed to it. */
  loader(): StateSink {
    return new FoldLoader(this);
  }

  /** Folds those pages only from here on, from the beginning. */
  narrow(scope: PageScope): void {
    this.part = new Part(scope, this.#hasHuge);
    this.reset();
  }

  /** Back to the state before the first event. */
  reset(): void {
    this.pages.clear();
    this.frames.clear();
    this.mappings.clear();
    this.tlbs.length = 0;
    this.deviceTlb = undefined;
    this.#tlbRoom = new SlotRoom();
    this.reads = this.#readsAtStart;
    this.seq = this.timeNs = this.harvests = 0;
    this.harvesting = false;
    this.part?.reset();
  }

  /** Flags of the page's own entry; 0 for a page that has none. */
  #entryFlags(page: number): number {
    const { pages } = this;
    const low = pages.pteLow[page]!;
    const high = pages.pteHigh[page]!;
    return low === 0 && high === 0 ? 0 : this.spaces.layoutOf(pages.space[page]!).flags(low, high);
  }

  /** As `frameOfWrite` of `pageOfWrite`; with the usual case, an entry of the page's own, first. */
  #reach(cpu: number, space: number, page: number): number {
    const tlb = cpu < 0 ? this.deviceTlb : this.tlbs[cpu];
    const index = this.pages.find(space, page);
    if (index >= 0) {
      const slot = tlb === undefined ? -1 : tlb.slotOf(index);
      if (slot >= 0) return tlb!.frame[slot]!;
    }
    if (tlb?.knowsHuge !== true) return index < 0 ? 0 : this.pages.frame[index]!;
    return this.frameOfWrite(cpu, this.pageOfWrite(cpu, space, page));
  }

  /** So many writes as the one in that row reach the frame, and the host's frame behind it. */
  #write(batch: EventBatch, row: number, writes: number, frame: number): void {
    const { frames } = this;
    frames.generation[frame]! += writes;
    if (!this.#deep) return;
    if (this.staysInCaches(batch, row)) frames.cached[frame]! += writes;
    const behind = this.backing(frame);
    if (behind >= 0) frames.generation[this.pages.frame[behind]!]! += writes;
  }
}

/** Row behind the run of writes by one actor to one page that begins at `row`. */
function runEnd({ kind, page, space, cpu, actor }: EventBatch, row: number, limit: number): number {
  let end = row + 1;
  while (
    end < limit &&
    kind[end] === write.code &&
    page[end] === page[row] &&
    cpu[end] === cpu[row] &&
    space[end] === space[row] &&
    actor[end] === actor[row]
  )
    end++;
  return end;
}
