/**
 * What an SQL view is: a name, documented columns and a generator of rows. The views of this room show what is stored;
 * views that need analysis are defined elsewhere in the same form and handed to `openQuery`.
 */
import type { EventBatch } from '../batch.js';
import type { TrailReader } from '../file/index.js';

/** A value in a row; a number without a fraction is an integer in SQL. */
export type Cell = number | bigint | string | null;

export interface ViewColumn {
  /** With the unit last, where there is one: `cost_ns`. */
  readonly name: string;
  readonly unit: string;
  readonly about: string;
}

export interface ViewParameter {
  readonly name: string;
  readonly about: string;
}

export interface ViewDefinition {
  readonly name: string;
  readonly about: string;
  readonly columns: readonly ViewColumn[];
  /**
   * Makes the view a table function: hidden columns that can be constrained by `=` only. A parameter that is not given, or
   * given as '*', is null in `arguments_`.
   */
  readonly parameters?: readonly ViewParameter[];
  /** A statement that shows what the view is good for, for docs/sql.md. */
  readonly example?: string;
  /** Rows in the order of `columns`. The same array may be yielded again with other values. */
  rows(context: ViewContext, arguments_: readonly Cell[]): Generator<Cell[]>;
}

/** What a view gets to work with during one statement. */
export interface ViewContext {
  readonly trail: TrailReader;
  /** Whether the statement may look at a column; one that it does not may be null. */
  needs(column: string): boolean;
  /** A batch that holds the events of a chunk of the given kinds; give it back when done. */
  borrow(chunk: number, kinds: number): EventBatch;
  giveBack(batch: EventBatch): void;
}

/** BigInts made before, by the low bits of the number: making one takes longer than looking here, and pages recur. */
const MADE_SLOTS = 4096;
const madeOf = new Float64Array(MADE_SLOTS).fill(NaN);
const made: bigint[] = Array.from({ length: MADE_SLOTS }, () => 0n);

/**
 * A number as SQLite is to take it. better-sqlite3 gives it every JS number as a real, and then `page / 512` has a fraction
 * and text gets a `.0`; BigInts are integers. The query does this to every cell, so views need not.
 */
export function exact(value: number): number | bigint {
  const slot = value & (MADE_SLOTS - 1);
  if (madeOf[slot] === value) return made[slot]!;
  if (!Number.isSafeInteger(value)) return value;
  madeOf[slot] = value;
  return (made[slot] = BigInt(value));
}
