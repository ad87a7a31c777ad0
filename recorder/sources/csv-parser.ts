/**
 * Parses `time_ns,cpu,address,size[,kind[,process]]`, one access a line. Blanks around fields, empty lines, `#` comments and a header
 * line that begins with `time` are harmless; any other line that is not an access, or goes back in its CPU's time, is skipped.
 *
 * From `u` on a kind is an operation on the tracked object rather than an access: address and size give the pages that it is about,
 * size 0 all of them. A harvest is always of everything.
 */
import { PAGE_LIMIT, PAGE_SIZE } from '../../base/index.js';
import { type AccessBatch, AccessKind } from '../../simulator/index.js';
import type { SkippedLines } from './source.js';
import type { LineParser } from './text-source.js';

/** Letters of the kind, by `AccessKind`: write, read, device (DMA) write, kernel write; unmap, move, fork, split, harvest. */
const KIND_LETTERS = 'wrdkumfsh';
/** CPU numbers are one byte in an access; 255 is kept free. */
const CPU_LIMIT = 255;
/** Process numbers that are told apart; as many as `--mms` can give. */
const PROCESS_LIMIT = 16;
const SIZE_MAX = 2 ** 20;
/** About 52 days; simulated time must stay exact when overhead is added to it. */
const TIME_MAX_NS = 2 ** 52;

const NEWLINE = 0x0a;
const COMMA = 0x2c;
const COMMENT = 0x23;

export class CsvParser implements LineParser {
  programNs = 0;
  readonly skipped: SkippedLines = { lines: 0, firstLine: null };
  readonly #reads: boolean;
  #lines = 0;
  /** Time of the last access by CPU. */
  readonly #lastNs = new Float64Array(CPU_LIMIT);
  /** No access yet, so a header line may still come. */
  #beforeFirst = true;

  // The line being read, and the access found in it.
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #page = 0;
  #offset = 0;

  /** @param options.reads whether `r` lines are delivered; their time counts in any case */
  constructor(options: { reads: boolean }) {
    this.#reads = options.reads;
  }

  parse(bytes: Uint8Array, _view: DataView, start: number, end: number, batch: AccessBatch): number {
    this.#bytes = bytes;
    let at = start;
    while (batch.length < batch.capacity) {
      let lineEnd = at;
      while (lineEnd < end && bytes[lineEnd] !== NEWLINE) lineEnd++;
      if (lineEnd >= end) break;
      this.#lines++;
      this.#at = at;
      this.#blanks();
      // A carriage return is a blank here, so an empty line ends at its newline.
      const harmless = this.#at === lineEnd || bytes[this.#at] === COMMENT || (this.#beforeFirst && this.#isHeader());
      if (!harmless && !this.#readAccess(batch)) {
        this.skipped.lines++;
        this.skipped.firstLine ??= this.#lines;
      }
      at = lineEnd + 1;
    }
    return at;
  }

  /** Reads the access of a line and appends it; false when it is none. No field runs over the newline. */
  #readAccess(batch: AccessBatch): boolean {
    const timeNs = this.#decimal();
    if (timeNs < 0 || timeNs > TIME_MAX_NS || !this.#comma()) return false;
    const cpu = this.#decimal();
    if (cpu < 0 || cpu >= CPU_LIMIT || !this.#comma()) return false;
    if (!this.#address() || !this.#comma()) return false;
    const size = this.#decimal();
    if (size < 0) return false;
    let kind: number = AccessKind.store;
    let process = 0;
    if (this.#comma()) {
      const letter = this.#bytes[this.#at++]! | 0x20; // lower case
      const named = KIND_LETTERS.indexOf(String.fromCharCode(letter));
      if (named < 0) return false;
      kind = named;
      this.#blanks();
      if (this.#comma()) {
        process = this.#decimal();
        if (process < 0 || process >= PROCESS_LIMIT) return false;
      }
    }
    if (this.#bytes[this.#at] !== NEWLINE || timeNs < this.#lastNs[cpu]!) return false;
    const operates = kind >= AccessKind.unmap;
    if (!operates && (size < 1 || size > SIZE_MAX)) return false;
    const pages = Math.ceil((this.#offset + size) / PAGE_SIZE);
    if (this.#page + pages > PAGE_LIMIT) return false;

    this.#beforeFirst = false;
    this.#lastNs[cpu] = timeNs;
    if (timeNs > this.programNs) this.programNs = timeNs;
    if (kind === AccessKind.load && !this.#reads) return true;
    const index = batch.length++;
    batch.page[index] = this.#page;
    batch.offset[index] = this.#offset;
    batch.size[index] = size;
    batch.cpu[index] = cpu;
    batch.kind[index] = kind;
    batch.process[index] = process;
    batch.program[index] = timeNs;
    if (operates) {
      const whole = size === 0 || kind === AccessKind.harvest;
      batch.page[index] = whole ? -1 : this.#page;
      batch.offset[index] = 0;
      batch.size[index] = whole ? 0 : pages * PAGE_SIZE;
    }
    return true;
  }

  /** A decimal number and the blanks round it; -1 when there is no digit. Too large a number stays too large. */
  #decimal(): number {
    this.#blanks();
    const bytes = this.#bytes;
    const first = this.#at;
    let at = first;
    let value = 0;
    for (let digit = bytes[at]! - 0x30; digit >= 0 && digit <= 9; digit = bytes[++at]! - 0x30)
      value = value * 10 + digit;
    this.#at = at;
    this.#blanks();
    return at === first ? -1 : value;
  }

  /** A decimal or 0x-hex address below 2^64, exact: the page and the offset are carried apart. */
  #address(): boolean {
    this.#blanks();
    const bytes = this.#bytes;
    const hex = bytes[this.#at] === 0x30 && (bytes[this.#at + 1]! | 0x20) === 0x78;
    const base = hex ? 16 : 10;
    const first = hex ? this.#at + 2 : this.#at;
    let at = first;
    let page = 0;
    let offset = 0;
    for (let digit = digitOf(bytes[at]!); digit < base; digit = digitOf(bytes[++at]!)) {
      offset = offset * base + digit;
      page = page * base + (offset >>> 12);
      offset &= PAGE_SIZE - 1;
    }
    this.#at = at;
    this.#blanks();
    this.#page = page;
    this.#offset = offset;
    return at > first && page < PAGE_LIMIT;
  }

  #comma(): boolean {
    if (this.#bytes[this.#at] !== COMMA) return false;
    this.#at++;
    this.#blanks();
    return true;
  }

  #blanks(): void {
    for (let c = this.#bytes[this.#at]; c === 0x20 || c === 0x09 || c === 0x0d; c = this.#bytes[this.#at]) this.#at++;
  }

  #isHeader(): boolean {
    return 'time'.split('').every((letter, index) => (this.#bytes[this.#at + index]! | 0x20) === letter.charCodeAt(0));
  }
}

/** Value of a hexadecimal digit of either case; 16 for any other character. */
function digitOf(character: number): number {
  if (character >= 0x30 && character <= 0x39) return character - 0x30;
  const letter = character | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : 16;
}
