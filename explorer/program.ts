/**
 * What the actors of a search do: each runs a row of pieces of kernel, driver or program code, one after the other. A piece is a generator of
 * micro-operations; between two pieces nothing is kept but what is in the machine, so histories that end a piece alike are one.
 */
import type { Micro } from '../simulator/index.js';

export interface Piece {
  /** What it is, in a few words: "store to page 0", "harvest 1". */
  readonly label: string;
  code(): Micro;
}

export interface Actor {
  /** As it stands at the head of a column: "cpu0", "write-back". */
  readonly name: string;
  /** Where it runs; no two actors share a CPU. */
  readonly cpu: number;
  /** Number in the events of a trail. */
  readonly number: number;
  readonly pieces: readonly Piece[];
}
