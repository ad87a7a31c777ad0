/** What whoever runs the machine may ask for, in the words of the command line; `configuration.ts` makes settings of it. */
import type { CostProfile } from '../costs/index.js';

/** What a run may be asked for; whatever is left out takes its default. */
export interface SimulationRequest {
  /** Default `hw-dirty`. */
  readonly strategy?: string;
  /** Default: native to the strategy. */
  readonly arch?: string;
  /** Default: native to the strategy. */
  readonly vma?: string;
  readonly mutations?: readonly string[];
  /** Operations that the source is known to make, so that nobody is told that a mutation needs them. */
  readonly operations?: ReadonlyArray<'unmap' | 'move' | 'split'>;
  /** Default 1. */
  readonly seed?: number;
  /** CPUs the machine has from the start; more appear as accesses name them. Default 1. */
  readonly cpus?: number;
  /** Writes per epoch; 0: only the final harvest. Default 100000. */
  readonly harvestEvery?: number;
  readonly populate?: 'eager' | 'lazy';
  readonly interleave?: 'coarse' | 'fine';
  readonly tlbSets?: number;
  readonly tlbWays?: number;
  /** A profile, or the id of one of ours. Default: that of the architecture. */
  readonly cost?: string | CostProfile;
  /** ns by cost name. */
  readonly costOverrides?: Readonly<Record<string, number>>;
  /** Splits the object into several VMAs where more than this many pages lie between; 0: one VMA. */
  readonly vmaGapPages?: number;
  /** Pages of the object, for strategies that choose by its size. Default: what the source knows. */
  readonly objectPages?: number;
  /** A way of using the strategy, where it has several. Default: its first. */
  readonly variant?: string;
  /** What lies behind the pages: `system`, `device` or `mixed` (blocks of both). Default: native to the VMA. */
  readonly memory?: string;
  /** `coherent`, or `non-coherent`: a device that does not snoop CPU caches. Default `coherent`. */
  readonly device?: string;
  /** Writes of devices go through a secondary MMU that MMU notifiers keep in step. Default false: plain DMA. */
  readonly deviceMmu?: boolean;
  /** `recheck`: the walker checks P and W again in the step that sets D; `blind`: it does not. Default `recheck`. */
  readonly walker?: string;
  /** Processes that map the object; CPU c runs process c modulo this unless the source says. Default 1. */
  readonly mms?: number;
  /** A second place of some pages in the same address space, as FROM=TO:PAGES (page numbers): FROM.. is the same memory as TO... */
  readonly alias?: string;
  /** `4k` or `2m`. Default `4k`. */
  readonly pageSize?: string;
  /** What becomes of D when a huge entry is split: `propagate`, `mark-all` or `drop`. Default `propagate`. */
  readonly split?: string;
  /** The strategy of a guest, inside a virtual machine; `host` is then the one outside. */
  readonly guest?: string;
  /** The strategy of the virtual machine monitor. With a guest, none unless given. */
  readonly host?: string;
  /** How guest memory is translated: `nested`, `shadow` or `broken`. Default: what the host strategy needs, else `nested`. */
  readonly monitor?: string;
  /** Entries of each dirty ring. Default 4096. */
  readonly ringEntries?: number;
}
