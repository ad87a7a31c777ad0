/**
 * The whole state of a recorded machine at one event, as sorted columns. The simulator makes one for a checkpoint, the fold
 * makes one for a question, and the two must be equal: that equality is the property the replayer is tested by.
 */
export interface MachineSnapshot {
  /** State after this event. */
  readonly seq: number;
  readonly timeNs: number;
  /** Harvests completed. */
  readonly harvests: number;
  /** 1 while a harvest is under way. */
  readonly harvesting: boolean;
  /** Carrier mask of what the consumer reads now. */
  readonly reads: number;
  /** Every page ever mapped and not unmapped since, sorted by (space, page). */
  readonly pages: {
    readonly space: Uint16Array;
    readonly page: Float64Array;
    /** Frame behind the page. */
    readonly frame: Float64Array;
    /** Raw entry, low and high 32 bits; 0 and 0 where there is none. */
    readonly pteLow: Uint32Array;
    readonly pteHigh: Uint32Array;
    /** Carrier mask of the marks set for the page by mark events. */
    readonly marks: Uint16Array;
  };
  /** Every frame in use, sorted by frame; of two that have one number (the one is a guest's) by memory. */
  readonly frames: {
    readonly frame: Float64Array;
    /** Writes it has seen. */
    readonly generation: Float64Array;
    /** The generation that the consumer transferred last. */
    readonly captured: Float64Array;
    /** Writes, of those it has seen, that are in CPU caches alone: a device that does not snoop would read older bytes. */
    readonly cached: Float64Array;
    /** Index into MEMORY_KINDS. */
    readonly memory: Uint8Array;
    /** Pages that are on it; 0 where that is not known, in a checkpoint of format 1 or 2. */
    readonly mappers: Uint32Array;
  };
  /** Every valid TLB entry, sorted by (cpu, slot). */
  readonly tlbs: {
    readonly cpu: Int16Array;
    readonly slot: Uint32Array;
    readonly space: Uint16Array;
    readonly page: Float64Array;
    readonly frame: Float64Array;
    readonly asid: Uint16Array;
    readonly flags: Uint8Array;
  };
}

/** The pages [from, to) of a space. */
export interface PageScope {
  readonly space: number;
  readonly from: number;
  readonly to: number;
}

/** Of a state that holds at least these pages and their frames, what belongs to them. */
export function narrowed(whole: MachineSnapshot, scope: PageScope): MachineSnapshot {
  const pages = pagesIn(whole.pages, scope);
  return { ...whole, pages, frames: framesUnder(pages, whole.frames) };
}

/** The frames of those pages, from among others. */
export function framesUnder(
  pages: MachineSnapshot['pages'],
  { frame, generation, captured, cached, memory, mappers }: MachineSnapshot['frames'],
): MachineSnapshot['frames'] {
  const wanted = new Set(pages.frame);
  const isWanted = (_: number, row: number) => wanted.has(frame[row]!);
  return {
    frame: frame.filter(isWanted),
    generation: generation.filter(isWanted),
    captured: captured.filter(isWanted),
    cached: cached.filter(isWanted),
    memory: memory.filter(isWanted),
    mappers: mappers.filter(isWanted),
  };
}

/** The rows of those pages, which lie together because rows are sorted. */
export function pagesIn(
  { space, page, frame, pteLow, pteHigh, marks }: MachineSnapshot['pages'],
  scope: PageScope,
): MachineSnapshot['pages'] {
  const from = rowFrom(space, page, scope.space, scope.from);
  const to = rowFrom(space, page, scope.space, scope.to);
  return {
    space: space.slice(from, to),
    page: page.slice(from, to),
    frame: frame.slice(from, to),
    pteLow: pteLow.slice(from, to),
    pteHigh: pteHigh.slice(from, to),
    marks: marks.slice(from, to),
  };
}

/** The first row, of columns sorted by space and page, that is not before that page. */
export function rowFrom(spaces: Uint16Array | Float64Array, pages: Float64Array, space: number, page: number): number {
  let low = 0;
  let high = pages.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (spaces[middle]! < space || (spaces[middle] === space && pages[middle]! < page)) low = middle + 1;
    else high = middle;
  }
  return low;
}
