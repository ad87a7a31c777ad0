/**
 * A text log as a source of accesses: reads big blocks, hands whole lines to the parser of the format and carries the cut line
 * at the end of a block over to the next one. Formats differ only in their `LineParser`.
 */
import type { InputError } from '../../base/index.js';
import type { AccessBatch } from '../../simulator/index.js';
import type { SourceMeta } from '../../traces/index.js';
import type { ByteReader } from './byte-reader.js';
import type { AccessSource, SkippedLines } from './source.js';

/** Turns the lines of one text format into accesses; counts what is none. */
export interface LineParser {
  /**
   * Parses whole lines (each ends in a newline) of bytes[start, end) until the batch is full or no whole line is left, and
   * returns where it stopped: the start of a line. `view` is over the same bytes.
   */
  parse(bytes: Uint8Array, view: DataView, start: number, end: number, batch: AccessBatch): number;
  readonly programNs: number;
  readonly skipped: SkippedLines;
}

/** Bytes read at once. Measured: from 64 KiB to 4 MiB this is the fastest, for it stays in a core's second-level cache. */
const BLOCK_BYTES = 262_144;
/** A line is cut here. Access lines are below 100 bytes, so only a line that means nothing can lose its end. */
const LINE_BYTES_MAX = 4_096;
const NEWLINE = 0x0a;

export class TextSource implements AccessSource {
  readonly meta: SourceMeta;
  readonly #reader: ByteReader;
  readonly #parser: LineParser;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #start = 0;
  #end = 0;
  #ended = false;
  /** The line at the end of the block is too long; the rest of it is dropped as it comes. */
  #dropping = false;
  /** A read under way; it will write behind #end. */
  #pending: Promise<number> | null = null;

  /** @param head bytes that were read from `reader` before, to see which format it is; at most a block */
  constructor(options: { meta: SourceMeta; parser: LineParser; reader: ByteReader; head: Uint8Array }) {
    this.meta = options.meta;
    this.#parser = options.parser;
    this.#reader = options.reader;
    const buffer = new ArrayBuffer(BLOCK_BYTES + LINE_BYTES_MAX);
    this.#bytes = new Uint8Array(buffer);
    this.#view = new DataView(buffer);
    this.#bytes.set(options.head);
    this.#end = options.head.length;
  }

  fill(batch: AccessBatch): number | Promise<number> {
    const before = batch.length;
    for (;;) {
      if (this.#pending === null) {
        this.#start = this.#parser.parse(this.#bytes, this.#view, this.#start, this.#end, batch);
        if (batch.length === batch.capacity || (this.#ended && this.#start === this.#end)) return batch.length - before;
        const got = this.#ended ? this.#endLastLine() : this.#read();
        if (typeof got === 'number') continue;
        this.#pending = got;
      }
      // What has arrived goes first; the next call waits.
      if (batch.length > before) return batch.length - before;
      return this.#pending.then(() => this.fill(batch));
    }
  }

  get programNs(): number {
    return this.#parser.programNs;
  }

  get skipped(): SkippedLines {
    return this.#parser.skipped;
  }

  get failure(): InputError | null {
    return this.#reader.failure;
  }

  get progress(): number | null {
    return this.#reader.progress;
  }

  close(): void {
    this.#reader.close();
  }

  /** Moves the cut line to the front and reads more behind it. */
  #read(): number | Promise<number> {
    this.#bytes.copyWithin(0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#start = 0;
    if (this.#end > LINE_BYTES_MAX) {
      this.#end = LINE_BYTES_MAX;
      this.#dropping = true;
    }
    const got = this.#reader.read(this.#bytes.subarray(this.#end, this.#end + BLOCK_BYTES));
    return typeof got === 'number' ? this.#took(got) : got.then((count) => this.#took(count));
  }

  #took(count: number): number {
    this.#pending = null;
    this.#ended = count === 0;
    let from = this.#end;
    const to = from + count;
    if (this.#dropping) {
      while (from < to && this.#bytes[from] !== NEWLINE) from++;
      this.#dropping = from === to;
      this.#bytes.copyWithin(this.#end, from, to);
    }
    this.#end += to - from;
    return count;
  }

  /** Gives a last line without a newline one, so that the parser judges it like any other. */
  #endLastLine(): number {
    this.#bytes[this.#end++] = NEWLINE;
    return 1;
  }
}
