/** What an importer of a text format consists of: how to know the format, and a parser for it. */
import type { SourceMeta } from '../../traces/index.js';
import type { LineParser } from './text-source.js';

/** `maybe`: some of it looks right, but not most; it is taken when no other importer says yes. */
export type Likeness = 'yes' | 'maybe' | 'no';

export interface Importer {
  /** The word for `--format`. */
  readonly id: string;
  /** One line for `pagetrail list importers`. */
  readonly summary: string;
  /** More of the format, for people. */
  readonly details?: readonly string[];
  /** `given` when the format carries time, `assumed` when it is counted. */
  readonly programTime: SourceMeta['programTime'];
  /** Whether the first lines of an input (without their newlines, none of them empty) are of this format. */
  detect(lines: readonly string[]): Likeness;
  parser(options: ParserOptions): LineParser;
}

export interface ParserOptions {
  /** Deliver loads too. Their program time counts in any case. */
  readonly reads: boolean;
}
