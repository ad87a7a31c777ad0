/**
 * A fold of some pages only: their entries, marks and frames, beside all TLBs, which decide where writes go. It is right as long as no
 * other page is on a frame of these; `shared` tells that one is, and then only the whole fold will do.
 */
import { PAGES_PER_TABLE } from '../../base/index.js';
import { frameMove, map, pte, unmap, type EventBatch, type PageScope, type TrailMeta } from '../../traces/index.js';
import type { Fold } from './fold.js';
import type { FrameTable } from './frame-table.js';

export class Part {
  readonly scope: PageScope;
  /** A frame of these is another page's too. */
  shared = false;
  /** Frames that other pages came onto. */
  readonly #elsewhere = new Set<number>();

  /** @param hasHuge huge entries may be met; one stands at the first page of its table, so whole tables are folded */
  constructor({ space, from, to }: PageScope, hasHuge: boolean) {
    const reach = hasHuge ? PAGES_PER_TABLE : 1;
    this.scope = { space, from: from - (from % reach), to: Math.ceil(to / reach) * reach };
  }

  has(space: number, page: number): boolean {
    return space === this.scope.space && page >= this.scope.from && page < this.scope.to;
  }

  /** Whether the event may change what is folded. TLBs are folded whole. */
  concerns(frames: FrameTable, { kind, space, page, slots }: EventBatch, row: number): boolean {
    switch (kind[row]) {
      case pte.code:
      case unmap.code:
        return this.has(space[row]!, page[row]!);
      case map.code:
      case frameMove.code: {
        const number = slots[kind[row] === map.code ? map.slot.frame : frameMove.slot.newFrame]![row]!;
        const isOurs = this.has(space[row]!, page[row]!);
        const frame = frames.find(number);
        if (isOurs ? this.#elsewhere.has(number) : frame > 0 && frames.mappers[frame]! > 0) this.shared = true;
        if (!isOurs) this.#elsewhere.add(number);
        return isOurs;
      }
      default:
        return true;
    }
  }

  /** Before the first event, or at a checkpoint. */
  reset(): void {
    this.shared = false;
    this.#elsewhere.clear();
  }

  /** Pages of [page, page + pages) that belong to it: from, and how many. */
  clipped(space: number, page: number, pages: number): readonly [from: number, pages: number] {
    if (space !== this.scope.space) return [page, 0];
    const from = Math.max(page, this.scope.from);
    return [from, Math.max(0, Math.min(page + pages, this.scope.to) - from)];
  }
}

/** Whether a TLB entry of another page leads to the frame of this one (an index): what is written by way of it is not told to be about this page. */
export function isCachedByOthers(fold: Fold, page: number): boolean {
  const frame = page < 0 ? 0 : fold.pages.frame[page]!;
  let found = false;
  fold.forTlbs((tlb) => {
    for (let slot = 0; slot < tlb.page.length && frame > 0; slot++)
      if (tlb.page[slot]! >= 0 && tlb.page[slot] !== page && tlb.frame[slot] === frame) found = true;
  });
  return found;
}

/** Whether a huge entry may be met: the meta of a simulated trail says so, an observed one may have seen any. */
export function mayHaveHugePages({ mode, options }: Pick<TrailMeta, 'mode' | 'options'>): boolean {
  return mode === 'observed' || options['huge'] === 1;
}

/** Whether a trail may be folded in part: its pages have frames of their own, as those of one object in one address space have. */
export function foldsInPart({ mode, spaces, options }: Pick<TrailMeta, 'mode' | 'spaces' | 'options'>): boolean {
  return mode === 'simulated' && spaces.length === 1 && (options['aliasPages'] ?? 0) === 0;
}
