/**
 * What does not change while the small machine runs, taken once from the machine that the recorder drives: which pages there are, how they
 * hang together, and which rules of hardware hold.
 */
import { type Carrier, carrierMask, TLB_DIRTY, TLB_WRITABLE } from '../../traces/index.js';
import type { World } from '../../simulator/index.js';

export interface Shape {
  readonly pages: number;
  readonly cpus: number;
  /** By page. */
  readonly home: Int32Array;
  readonly space: Int32Array;
  readonly number: Float64Array;
  /** The page of the second stage under a guest's, or -1. */
  readonly under: Int32Array;
  /** The next page of the same home, or -1. */
  readonly nextOfHome: Int32Array;
  /** Pages in order of (space, page number). */
  readonly order: Int32Array;
  /** Position of each page in that order. */
  readonly rank: Int32Array;
  /** The page whose page-table lock covers the page: the first of its table. */
  readonly tableOf: Int32Array;
  /** Space of the second stage beside a guest's, or -1. */
  readonly secondStage: number;
  /** The address space that each CPU runs. */
  readonly spaceOfCpu: Int32Array;
  /** By space: carriers that its consumer reads; 0 where it has none. */
  readonly reads: Int32Array;
  readonly translation: 'one-stage' | 'two-stages' | 'shadow';
  readonly hardwareDirty: boolean;
  readonly changeBitInFrame: boolean;
  readonly invalidatesWithEntry: boolean;
  /** Other CPUs are made to drop entries by interrupts, so only those that run the address space are. */
  readonly byIpi: boolean;
  readonly blindWalker: boolean;
  readonly nonCoherent: boolean;
  readonly pml: boolean;
  /** Flags of a TLB entry through which a store needs no walk. */
  readonly storeFlags: number;
  /** What the kind of frame adds to the flags of any entry, by page. */
  readonly frameFlags: Int32Array;
}

export function shapeOf({ machine, spaces }: World, carriers: readonly Carrier[]): Shape {
  const { pages, options, memory } = machine;
  const { architecture } = options;
  const count = pages.count;
  const indices = Array.from({ length: count }, (_, page) => page);
  const order = Int32Array.from(indices).sort(
    (a, b) => pages.space[a]! - pages.space[b]! || pages.number[a]! - pages.number[b]!,
  );
  const rank = new Int32Array(count);
  order.forEach((page, at) => (rank[page] = at));
  const tables = new Map<object, number>();
  const tableOf = Int32Array.from(indices, (page) => {
    const table = pages.tableOf(page);
    if (!tables.has(table)) tables.set(table, page);
    return tables.get(table)!;
  });
  return {
    pages: count,
    cpus: machine.cpus.count,
    home: pages.home.slice(0, count),
    space: Int32Array.from(pages.space.subarray(0, count)),
    number: pages.number.slice(0, count),
    under: pages.under.slice(0, count),
    nextOfHome: pages.nextOfHome.slice(0, count),
    order,
    rank,
    tableOf,
    secondStage: pages.secondStage,
    spaceOfCpu: Int32Array.from({ length: machine.cpus.count }, (_, cpu) => machine.cpus.spaces.currentOf(cpu)),
    reads: Int32Array.from(spaces, (space, at) =>
      pages.secondStage >= 0 && at === pages.secondStage
        ? carrierMask((space.carriers ?? []) as readonly Carrier[])
        : carrierMask(carriers),
    ),
    translation: options.translation,
    hardwareDirty: architecture.hardwareSetsDirty,
    changeBitInFrame: architecture.changeBitInFrame === true,
    invalidatesWithEntry: architecture.flushBy === 'with-entry',
    byIpi: architecture.flushBy === 'ipi',
    blindWalker: options.blindWalker,
    nonCoherent: options.nonCoherent,
    pml: options.pml,
    storeFlags: architecture.changeBitInFrame ? TLB_WRITABLE : TLB_WRITABLE | TLB_DIRTY,
    frameFlags: Int32Array.from(indices, (page) => memory.flagsOfFrame(page)),
  };
}

/** First page of the domain that a negative page number names (see `machine/order.ts` of the simulator), as a position in `order`. */
export function domainStart({ order, space, secondStage }: Shape, start: number): number {
  if (start === -1) return 0;
  return order.findIndex((page) => space[page] === secondStage);
}

/** Whether two pages are of one domain: both of the second stage, or neither. */
export function sameDomain({ space, secondStage }: Shape, a: number, b: number): boolean {
  return (space[a] === secondStage) === (space[b] === secondStage);
}
