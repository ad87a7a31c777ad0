/**
 * Where every nanosecond of overhead went, by what it was spent on. Each is entered once, so the buckets add up to what `cost` says.
 * `taken` and `collected` belong to writes; the others are nobody's, each for a reason of its own.
 */
import { OVERHEADS, type Overhead } from '../cost/index.js';

export const COST_BUCKETS = {
  /** Charged to the CPU of a write since its access before. */
  taken: 'taken by writes: faults, walker, exits, flushes',
  /** Spent by a harvest on the page that a write made dirty. */
  collected: 'harvests, on pages that writes made dirty',
  inVain: 'harvests, on pages that held nothing new',
  emptyRounds: 'harvests that told of no page',
  /** Charged to a CPU before a load. */
  loads: 'taken by loads',
  operations: 'moves, unmaps and other operations',
  afterLast: 'after the last access of a CPU',
} as const;
export type CostBucket = keyof typeof COST_BUCKETS;

/** ns by what it was spent on, and their sum. */
export type Spent = Readonly<Record<'total' | Overhead, number>>;
export type CostAttribution = Readonly<Record<CostBucket, Spent>>;

export const KINDS_OF_COST = OVERHEADS.length;
/** Position of each kind of overhead in a bucket. */
export const COST_KIND = Object.fromEntries(OVERHEADS.map((kind, index) => [kind, index])) as Record<Overhead, number>;

export class CostBuckets {
  readonly taken = new Float64Array(KINDS_OF_COST);
  readonly collected = new Float64Array(KINDS_OF_COST);
  readonly inVain = new Float64Array(KINDS_OF_COST);
  readonly emptyRounds = new Float64Array(KINDS_OF_COST);
  readonly loads = new Float64Array(KINDS_OF_COST);
  readonly operations = new Float64Array(KINDS_OF_COST);
  readonly afterLast = new Float64Array(KINDS_OF_COST);

  attribution(): CostAttribution {
    const names = Object.keys(COST_BUCKETS) as CostBucket[];
    return Object.fromEntries(names.map((name) => [name, spent(this[name])])) as CostAttribution;
  }
}

function spent(ns: Float64Array): Spent {
  const total = ns.reduce((sum, part) => sum + part, 0);
  const parts = OVERHEADS.map((kind, index) => [kind, ns[index]!]);
  return { total, ...(Object.fromEntries(parts) as Record<Overhead, number>) };
}
