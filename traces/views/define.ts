/**
 * What an SQL view is: a name, documented columns and a generator of rows. The views of this room show what is stored;
 * views that need analysis are defined elsewhere in the same form and handed to `openQuery`.
 */
import type { EventBatch } from '../batch.js';
import type { TrailReader } from '../file/index.js';

/** A value in a row. Integers beyond 32 bits must be BigInt, or SQLite takes them for reals; see `exact`. */
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

/** An integer as SQLite is to take it. */
export function exact(value: number): number | bigint {
  return (value | 0) === value ? value : BigInt(value);
}
