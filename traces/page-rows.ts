/**
 * What checkpoints are made of: rows of pages, each with what its frame has seen where that frame is its own. A checkpoint is given as what
 * changed since the one before it, and handed out piece by piece, so that neither side holds the state twice.
 */
import type { MachineSnapshot, PageScope } from './snapshot.js';

/** What stands for the frame of a page that is not there. */
export const PAGE_GONE = -2;

/** Sorted by (space, page). */
export class PageRows {
  readonly space: Float64Array;
  readonly page: Float64Array;
  /** Frame behind the page; -1 for none, or `PAGE_GONE`. */
  readonly frame: Float64Array;
  /** Raw entry, low and high 32 bits; 0 and 0 where there is none. */
  readonly pteLow: Float64Array;
  readonly pteHigh: Float64Array;
  /** Carrier mask. */
  readonly marks: Float64Array;
  /** Where no other page is on the frame: 1 + its index into MEMORY_KINDS, and the three columns that follow are of it; else 0. */
  readonly own: Float64Array;
  readonly generation: Float64Array;
  readonly captured: Float64Array;
  readonly cached: Float64Array;

  /** @param columnOf gives a column, of as many values at least */
  constructor(
    readonly rows: number,
    columnOf: (name: PageColumn) => Float64Array = () => new Float64Array(rows),
  ) {
    this.space = columnOf('space');
    this.page = columnOf('page');
    this.frame = columnOf('frame');
    this.pteLow = columnOf('pteLow');
    this.pteHigh = columnOf('pteHigh');
    this.marks = columnOf('marks');
    this.own = columnOf('own');
    this.generation = columnOf('generation');
    this.captured = columnOf('captured');
    this.cached = columnOf('cached');
  }
}

/** A copy of the rows, to be kept. */
export function copyOf(from: PageRows): PageRows {
  const copy = new PageRows(from.rows);
  for (const name of PAGE_COLUMNS) copy[name].set(from[name]);
  return copy;
}

export const PAGE_COLUMNS = [
  'space',
  'page',
  'frame',
  'pteLow',
  'pteHigh',
  'marks',
  'own',
  'generation',
  'captured',
  'cached',
] as const;

type PageColumn = (typeof PAGE_COLUMNS)[number];

/** What a state says besides its columns. */
export type MachineHead = Pick<MachineSnapshot, 'seq' | 'timeNs' | 'harvests' | 'harvesting' | 'reads'>;

/** A state to be stored, after others of the same machine. */
export interface CheckpointState extends MachineHead {
  /** Pages that are not as they were in the checkpoint before, those that are gone among them; all pages in the first one. */
  readonly changed: PageRows;
  /** Row for row beside it: what the checkpoint before said. `PAGE_GONE` and 0 where the page was not there. */
  readonly before: { readonly frame: Float64Array; readonly generation: Float64Array };
  /** Frames that are not one page's own. */
  readonly shared: MachineSnapshot['frames'];
  readonly tlbs: MachineSnapshot['tlbs'];
}

/** Takes in a state that was stored. */
export interface StateSink {
  /** A state begins; what came before is forgotten. */
  begin(head: MachineHead): void;
  /** Some of its pages; no page comes twice. The rows are those of the next ones afterwards. */
  pages(rows: PageRows): void;
  /** Frames of pages that came without. */
  frames(frames: MachineSnapshot['frames']): void;
  tlbs(tlbs: MachineSnapshot['tlbs']): void;
}

/** A source of stored states. */
export interface StateStore {
  /** `seq` of the nearest checkpoint at or before that event; -1 where there is none. */
  checkpointAtOrBefore(seq: number): number;
  /**
   * Hands out the nearest checkpoint that is whole, at or before that event: of `scope` only those pages and their frames, where it is given.
   * False where there is none.
   */
  loadAtOrBefore(seq: number, scope: PageScope | null, sink: StateSink): boolean;
}
