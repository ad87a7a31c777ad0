/**
 * Bytes pulled from a file, a pipe or a decompressor. Trouble on the way is not thrown: it ends the bytes and is told in
 * `failure`, so that what came before is kept.
 */
import type { InputError } from '../../base/index.js';

export interface ByteReader {
  /**
   * Reads some bytes into `target` (at least 1 byte long) and returns how many; 0 at the end. A number when they are at hand,
   * a promise when it must wait. One read at a time.
   */
  read(target: Uint8Array): number | Promise<number>;
  /** Why the bytes ended early; null while all is well. */
  readonly failure: InputError | null;
  /** Fraction of the input read in [0, 1]; null when its length is unknown. */
  readonly progress: number | null;
  /** Lets go of the file or pipe; harmless when repeated. */
  close(): void;
}
