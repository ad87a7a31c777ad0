/**
 * What a recording reads its accesses from: a log, a pipe, a workload, later a live program or another trail. A source is
 * pulled: the record loop hands it a batch, so nothing piles up where the machine is slower than the source.
 */
import type { InputError } from '../../base/index.js';
import type { AccessBatch } from '../../simulator/index.js';
import type { SourceMeta } from '../../traces/index.js';

/** A stream of memory accesses. One reader, one pass. */
export interface AccessSource {
  readonly meta: SourceMeta;
  /** Pages of the object that the accesses go to; left out where the source does not know. */
  readonly objectPages?: number;
  /**
   * Appends accesses to a batch that has room, up to its capacity, and returns how many; 0 at the end, never before. Sync
   * when the bytes are at hand, a promise when it must wait. What has arrived is handed over rather than held back until
   * the batch is full, so a slow pipe gives short batches.
   */
  fill(batch: AccessBatch): number | Promise<number>;
  /** Program time in ns at the end of what was read (the largest over CPUs), also after the last access. */
  readonly programNs: number;
  /** Lines that are neither an access nor harmless, and the 1-based number of the first; null when there was none. */
  readonly skipped: SkippedLines;
  /** Non-null when the input broke off (a cut .gz, a read error): what was read stays valid. */
  readonly failure: InputError | null;
  /** Fraction of the input read so far in [0, 1]; null when unknown (a pipe). */
  readonly progress: number | null;
  /** Lets go of files and pipes; harmless when repeated. */
  close(): void;
}

export interface SkippedLines {
  lines: number;
  firstLine: number | null;
}
