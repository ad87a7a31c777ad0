/** What the simulator needs to know of an architecture beyond the layout of its entries. */
import type { PteLayout } from '../../traces/index.js';

export interface Architecture {
  readonly id: string;
  readonly summary: string;
  readonly layout: PteLayout;
  /** Whether the walker sets D by itself; otherwise a store through a clean entry traps and the kernel sets it. */
  readonly hardwareSetsDirty: boolean;
  /** Dirtiness is a change bit of the frame and no business of entries and TLBs. */
  readonly changeBitInFrame?: boolean;
  /**
   * How other CPUs are made to drop entries: an interrupt each; one broadcast instruction that interrupts nobody; or by the very
   * instruction that changes the entry.
   */
  readonly flushBy: 'ipi' | 'broadcast' | 'with-entry';
  /** Layout of the entries of a second stage, where virtual machines are modelled. */
  readonly secondStage?: PteLayout;
  /** The walker of some models sets D without checking the entry again, so `--walker blind` means something. */
  readonly mayBeBlind?: boolean;
  /** Layout has huge entries. */
  readonly hugeEntries?: boolean;
  /** A range flush of more pages than this invalidates the whole address space instead. */
  readonly flushCeilingPages: number;
  /** Cost profile unless another is asked for. */
  readonly costProfile: string;
}
