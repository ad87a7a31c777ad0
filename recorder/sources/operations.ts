/**
 * Operations in regular intervals on top of another source: an unmap or a move of the whole object after every so many writes, by the CPU
 * and process of the write that was the last of them. A trail keeps them as events of their own, so they come back with its accesses
 * and nobody inserts them again.
 */
import { UsageError, type InputError } from '../../base/index.js';
import { AccessBatch, AccessKind } from '../../simulator/index.js';
import type { SourceMeta } from '../../traces/index.js';
import type { AccessSource, SkippedLines } from './source.js';

/** After that many writes each; left out: never. */
export interface OperationIntervals {
  readonly moveEvery?: number;
  readonly unmapEvery?: number;
}

interface Interval {
  readonly kind: number;
  readonly every: number;
  /** Writes until it is due. */
  left: number;
}

/**
 * The source with operations inserted; the source itself where none are asked for.
 * @throws UsageError for an interval that is no number of writes
 */
export function withOperations(source: AccessSource, { moveEvery, unmapEvery }: OperationIntervals): AccessSource {
  const intervals = [
    ...intervalOf('move-every', AccessKind.move, moveEvery),
    ...intervalOf('unmap-every', AccessKind.unmap, unmapEvery),
  ];
  if (intervals.length === 0) return source;
  return new SourceWithOperations(source, intervals, {
    ...(moveEvery !== undefined && { moveEvery }),
    ...(unmapEvery !== undefined && { unmapEvery }),
  });
}

function intervalOf(name: string, kind: number, every: number | undefined): Interval[] {
  if (every === undefined) return [];
  if (Number.isSafeInteger(every) && every >= 1) return [{ kind, every, left: every }];
  throw new UsageError({
    what: `--${name} ${every} is no number of writes`,
    why: 'it must be a whole number from 1',
    mend: `leave --${name} out to have none`,
  });
}

class SourceWithOperations implements AccessSource {
  readonly meta: SourceMeta;
  readonly objectPages?: number;
  readonly #source: AccessSource;
  readonly #intervals: readonly Interval[];
  /** What the source gave and nobody has taken yet: rows from #row on. */
  readonly #given = new AccessBatch();
  #row = 0;
  /** Kinds of the operations that follow the last row and have not been handed over yet. */
  readonly #due: number[] = [];

  constructor(source: AccessSource, intervals: readonly Interval[], parameters: SourceMeta['parameters']) {
    this.meta = { ...source.meta, parameters: { ...source.meta.parameters, ...parameters } };
    if (source.objectPages !== undefined) this.objectPages = source.objectPages;
    this.#source = source;
    this.#intervals = intervals;
  }

  fill(batch: AccessBatch): number | Promise<number> {
    if (this.#row === this.#given.length && this.#due.length === 0) {
      this.#given.length = 0;
      this.#row = 0;
      const got = this.#source.fill(this.#given);
      if (typeof got !== 'number') return got.then(() => this.#hand(batch));
    }
    return this.#hand(batch);
  }

  get programNs(): number {
    return this.#source.programNs;
  }

  get skipped(): SkippedLines {
    return this.#source.skipped;
  }

  get failure(): InputError | null {
    return this.#source.failure;
  }

  get progress(): number | null {
    return this.#source.progress;
  }

  close(): void {
    this.#source.close();
  }

  /** Hands over what there is room for. */
  #hand(batch: AccessBatch): number {
    const before = batch.length;
    const given = this.#given;
    while (batch.length < batch.capacity) {
      if (this.#due.length > 0) this.#operate(batch, this.#due.shift()!);
      else if (this.#row < given.length) this.#copy(batch);
      else break;
    }
    return batch.length - before;
  }

  /** Copies a row, and counts it where it is a write. */
  #copy(batch: AccessBatch): void {
    const from = this.#given;
    const row = this.#row++;
    const kind = from.kind[row]!;
    this.#append(batch, row, kind, from.page[row]!, from.offset[row]!, from.size[row]!);
    if (kind === AccessKind.load || kind >= AccessKind.unmap) return;
    for (const interval of this.#intervals) {
      if (--interval.left > 0) continue;
      interval.left = interval.every;
      this.#due.push(interval.kind);
    }
  }

  /** An operation on the whole object, where and when the row before was. */
  #operate(batch: AccessBatch, kind: number): void {
    this.#append(batch, this.#row - 1, kind, -1, 0, 0);
  }

  /** Adds what is made by the CPU and process of a given row, at its time. */
  #append(batch: AccessBatch, row: number, kind: number, page: number, offset: number, size: number): void {
    const from = this.#given;
    const i = batch.length++;
    batch.page[i] = page;
    batch.offset[i] = offset;
    batch.size[i] = size;
    batch.cpu[i] = from.cpu[row]!;
    batch.kind[i] = kind;
    batch.process[i] = from.process[row]!;
    batch.program[i] = from.program[row]!;
  }
}
