/** What the simulator needs to know of an architecture beyond the layout of its entries. */
import type { PteLayout } from '../../traces/index.js';

export interface Architecture {
  readonly id: string;
  readonly summary: string;
  readonly layout: PteLayout;
  /** Whether the walker sets D by itself; otherwise a store to a clean entry traps. */
  readonly hardwareSetsDirty: boolean;
  /** A range flush of more pages than this invalidates the whole address space instead. */
  readonly flushCeilingPages: number;
}
