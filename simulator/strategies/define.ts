/**
 * What a tracking strategy is: its protocol as generators of micro-operations, the carriers its consumer reads, what it can
 * track, what it cannot see, and the defects that can be switched into each step. One file each beside this one, one line in `index.ts`.
 */
import type { Carrier } from '../../traces/index.js';
import type { CostName } from '../costs/index.js';
import type { Micro } from '../micro-ops.js';
import { type Mutation, mutation } from '../mutations.js';
import type { VmaId } from '../vmas.js';

/** A writer that goes through no page table of the program: DMA, or the kernel by a mapping of its own (copy_to_user is a store). */
export type OtherWriter = 'device-dma' | 'kernel-write';

/** What happens to the D of a huge entry when it is split. */
export type SplitPolicy = 'propagate' | 'mark-all' | 'drop';

/** Architectures whose dirtiness is in page-table entries, set by hardware or by a trap; x86-64 is the native one. */
export const PTE_ARCHITECTURES = ['x86-64', 'arm64', 'arm64-dbm', 'riscv64-svade', 'riscv64-svadu', 's390x'] as const;
/** Architectures whose second stage is modelled. */
export const VM_ARCHITECTURES = ['x86-64', 'arm64', 'arm64-dbm', 'riscv64-svade', 'riscv64-svadu'] as const;

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
  /** Runs `unmap`, which takes the entries of the home pages first..last out, so that no dirtiness goes with them. */
  aroundUnmap?(first: number, last: number, unmap: () => Micro): Micro;
  /** The walker could not log a page that it dirtied: makes room. */
  logFull?(): Micro;
  /** Notes a write that a shadow monitor is about to allow. */
  noteWrite?(page: number): Micro;
}

export interface StrategyOptions {
  readonly mutations: ReadonlySet<string>;
  /** Pages of the tracked object, as the source or the user says; null where nobody does. */
  readonly objectPages: number | null;
  /** Figures of the cost profile, ns. */
  cost(name: CostName): number;
  /** Start of the domain whose pages it tracks, see `machine/order.ts`. */
  readonly start: number;
  /** It tracks in a second stage: flushes are of all that virtual CPUs have. */
  readonly inMonitor: boolean;
  /** Others take entries out of its table: a guest's flush does, in a shadow table. */
  readonly sharesTable: boolean;
  /** The way of using it that was asked for; null where it has one only. */
  readonly variant: string | null;
  /** Whether a struct page is behind the entries: D then survives an unmap in the page flag. */
  readonly structPages: 'all' | 'some' | 'none';
  /** The consumer does not snoop CPU caches. */
  readonly nonCoherent: boolean;
  /** A device follows the page table, so it must be told of changes. */
  readonly deviceMmu: boolean;
  readonly splitPolicy: SplitPolicy;
  /** The object is mapped by huge entries. */
  readonly huge: boolean;
  /** The bit of anonymous memory that a swap entry carries. */
  readonly swapsBits: 'soft-dirty' | 'uffd-wp' | null;
}

/** A step of a protocol, and the defects that can be put into it. */
export interface ProtocolStep {
  readonly step: string;
  readonly summary: string;
  readonly mutations?: readonly Mutation[];
}

export interface Variant {
  readonly id: string;
  readonly summary: string;
}

/** A strategy as its file declares it. */
export interface StrategyDeclaration {
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
  /** Ways of using it; the first is the default. */
  readonly variants?: readonly Variant[];
  readonly cannotSee: readonly OtherWriter[];
  /** What a write-protection fault costs, as the sum of these. */
  readonly faultCosts: readonly CostName[];
  /** What it does with huge entries: tracks them whole, or splits them at the first write. Absent: it cannot have any. */
  readonly hugeEntries?: 'whole' | 'split';
  /** The bytes reach the consumer by copies of the CPU, so caches do not matter. */
  readonly copiesByCpu?: boolean;
  /** A process can track its own memory by it with what an unchanged kernel offers; it needs no driver and no code in a kernel. */
  readonly userSpace?: boolean;
  /** It keeps a copy of every page: one to `compare` contents with, or one that the program writes to `instead`. */
  readonly shadow?: 'compare' | 'instead';
  /** The bit of anonymous memory that it reads and a swap entry must carry. */
  readonly swapsBits?: 'soft-dirty' | 'uffd-wp';
  /** It tracks in a second stage, as part of a monitor. */
  readonly monitor?: {
    /** The walker logs what it dirties. */
    readonly pml?: boolean;
    /** Entries are those of a shadow table. */
    readonly shadow?: boolean;
  };
  readonly steps: readonly ProtocolStep[];
  create(options: StrategyOptions): StrategyCode;
}

export interface StrategyDefinition extends StrategyDeclaration {
  /** Those of all its steps. */
  readonly mutations: ReadonlyArray<Mutation & { readonly step: string }>;
}

export function defineStrategy(declaration: StrategyDeclaration): StrategyDefinition {
  return {
    ...declaration,
    mutations: declaration.steps.flatMap(({ step, mutations = [] }) => mutations.map((one) => ({ ...one, step }))),
  };
}

/** The last step of every strategy whose consumer reads memory itself. */
export const TRANSFER: ProtocolStep = {
  step: 'transfer',
  summary: 'CPU caches are written back where the consumer does not snoop; then it reads the bytes',
  mutations: [mutation('no-cache-flush', 'coarse')],
};

/** The step around every change of entries that a device with an MMU of its own follows. */
export const NOTIFY: ProtocolStep = {
  step: 'notify',
  summary: 'secondary MMUs drop the range before its entries change, and take nothing of it up until the flush is done',
  mutations: [
    mutation('no-notifier', 'coarse'),
    mutation('notifier-end-before-flush', 'none', {
      summary:
        'the device may take translations up again before the TLBs are flushed: nothing is lost, because it takes them from the in-memory entries, which have changed by then',
    }),
  ],
};
