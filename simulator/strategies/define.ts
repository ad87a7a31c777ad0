/**
 * What a tracking strategy is: its protocol as generators of micro-operations, the carriers its consumer reads, what it can
 * track, what it cannot see, and the defects that can be switched into it. One file each beside this one, one line in `index.ts`.
 */
import type { Carrier } from '../../traces/index.js';
import type { CostName } from '../costs/index.js';
import type { Micro } from '../micro-ops.js';
import type { Mutation } from '../mutations.js';
import type { VmaId } from '../vmas.js';

/** A writer that goes through no page table of the program: DMA, or the kernel by a mapping of its own (copy_to_user is a store). */
export type OtherWriter = 'device-dma' | 'kernel-write';

/** Architectures whose dirtiness is in page-table entries, set by hardware or by a trap; x86-64 is the native one. */
export const PTE_ARCHITECTURES = ['x86-64', 'arm64', 'arm64-dbm', 'riscv64-svade', 'riscv64-svadu'] as const;

export interface StrategyCode {
  /** What the consumer looks at to begin with, where that depends on the options. */
  readonly carriers?: readonly Carrier[];
  /** Logical flags that an eager mapping is armed with at the page's first access. */
  readonly mappedFlags: number;
  /** The handler of a write to a present, read-only entry. */
  writeFault(page: number): Micro;
  /** The handler of an access to a page without an entry; `error` has FAULT_WRITE for a store. */
  notPresentFault(page: number, error: number): Micro;
  /** One round: collect marks, re-arm, flush, transfer. */
  harvest(): Micro;
}

export interface StrategyOptions {
  readonly mutations: ReadonlySet<string>;
  /** Pages of the tracked object, as the source or the user says; null where nobody does. */
  readonly objectPages: number | null;
  /** Figures of the cost profile, ns. */
  cost(name: CostName): number;
}

export interface StrategyDefinition {
  readonly id: string;
  readonly summary: string;
  readonly price: string;
  /** Kinds of VMA it can track; the first is its native one. */
  readonly vmas: readonly [VmaId, ...VmaId[]];
  /** Why it cannot track the others. */
  readonly vmaReason: string;
  /** Architectures it runs on; the first is its native one. */
  readonly architectures: readonly [string, ...string[]];
  /** What the consumer looks at to find dirty pages. */
  readonly carriers: readonly Carrier[];
  /** Names of its methods, where it changes between several; numbered as in switch events. */
  readonly methods?: readonly string[];
  readonly cannotSee: readonly OtherWriter[];
  /** What a write-protection fault costs, as the sum of these. */
  readonly faultCosts: readonly CostName[];
  readonly mutations: readonly Mutation[];
  create(options: StrategyOptions): StrategyCode;
}
