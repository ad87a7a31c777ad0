/**
 * Parses the text of valgrind's lackey into accesses. Four lines in five are instruction fetches whose only effect is 1 ns of
 * program time, so the loop tells a line's shape by whole 32-bit words: one compare for the prefix, one for `,d\n`, and all
 * four bytes of a word checked for hexadecimal digits at once. Any line that is not of a common shape (2 of 1000 in real
 * logs) goes the general way, byte by byte, and there it is decided what counts as skipped.
 *
 * Lines, from valgrind's lackey/lk_main.c: `I  %08lx,%lu`, ` S ...`, ` L ...`, ` M ...`, `SB %08lx`; around them messages
 * `==PID== ...` (also `--PID--`, `**PID**`). A modify is one write.
 */
import { PAGE_LIMIT, PAGE_SIZE } from '../../base/index.js';
import { type AccessBatch, AccessKind } from '../../simulator/index.js';
import type { SkippedLines } from './source.js';
import type { LineParser } from './text-source.js';

/** Largest size believed. The largest real one is that of XSAVE, a few KiB. */
const SIZE_LIMIT = 65_536;

// Line prefixes as the low three bytes of a little-endian word.
const INSTRUCTION = 0x20_20_49; // 'I  '
const LOAD = 0x20_4c_20; // ' L '
const STORE = 0x20_53_20; // ' S '
const MODIFY = 0x20_4d_20; // ' M '
const SUPERBLOCK = 0x20_42_53; // 'SB '

/** Bytes that the fast path may look at beyond the start of a line; lines nearer to the end go the general way. */
const LOOK_AHEAD = 20;

/** `==123== text`, `--123-- text`, `**123** text`: tried on the first characters of a line. */
const MESSAGE = /^(==|--|\*\*)\d{1,10}\1(?: |$)/;
const MESSAGE_HEAD = 20;

/** Value of two hexadecimal digits by their two characters as a little-endian 16-bit word; -1 for anything else. */
const HEX_PAIR = (() => {
  const pairs = new Int16Array(65_536).fill(-1);
  const digits = '0123456789abcdef';
  for (let high = 0; high < 16; high++) {
    for (let low = 0; low < 16; low++)
      pairs[digits.charCodeAt(high) | (digits.charCodeAt(low) << 8)] = (high << 4) | low;
  }
  return pairs;
})();

/** True when all four characters of the word are in [0-9a-f]: each sum sets its byte's top bit when the byte is that large. */
function isHexWord(word: number): boolean {
  const digit = (word + 0x50505050) & ~(word + 0x46464646); // >= '0' and not > '9'
  const letter = (word + 0x1f1f1f1f) & ~(word + 0x19191919); // >= 'a' and not > 'f'
  return ((digit | letter) & ~word & 0x80808080) === (0x80808080 | 0);
}

/** What the general way found a line to be. */
type Line = 'access' | 'load' | 'instruction' | 'harmless' | 'malformed';

export class LackeyParser implements LineParser {
  /** 1 ns for each instruction and each access, so also the number of such lines. */
  programNs = 0;
  readonly skipped: SkippedLines = { lines: 0, firstLine: null };
  readonly #reads: boolean;
  /** Lines that are no access and no instruction; with `programNs` they number the lines. */
  #otherLines = 0;
  // The access of the line that #readLine saw last.
  #page = 0;
  #offset = 0;
  #size = 0;

  /** @param options.reads whether loads are delivered; they take their nanosecond in any case */
  constructor(options: { reads: boolean }) {
    this.#reads = options.reads;
  }

  parse(bytes: Uint8Array, view: DataView, start: number, end: number, batch: AccessBatch): number {
    const { capacity, page, offset, size, cpu, kind, program } = batch;
    const reads = this.#reads;
    const fastEnd = end - LOOK_AHEAD;
    const baseNs = this.programNs;
    let ticks = 0; // ns since baseNs: a small integer, which the compiler keeps in a register
    let knownHigh = 0x30303030; // upper half of the last code address, known to be digits: it seldom changes
    const first = batch.length;
    let count = first;
    let at = start;
    while (count < capacity) {
      if (at <= fastEnd) {
        const prefix = view.getInt32(at, true) & 0xffffff;
        if (prefix === INSTRUCTION) {
          // 8 digits and ',d\n'
          const high = view.getInt32(at + 3, true);
          const tail = view.getInt32(at + 10, true);
          if (
            (tail & 0xff00ff00) === 0x0a002c00 &&
            (((tail >>> 16) & 0xff) - 0x31) >>> 0 < 9 &&
            (high === knownHigh || isHexWord(high)) &&
            isHexWord(view.getInt32(at + 7, true))
          ) {
            knownHigh = high;
            ticks++;
            at += 14;
            continue;
          }
        } else if (prefix === STORE || prefix === LOAD || prefix === MODIFY) {
          // 8 or 10 digits, then ',d\n' or ',dd\n'; a pair that is no digits makes `digits` negative
          const a = HEX_PAIR[view.getUint16(at + 3, true)]!;
          const b = HEX_PAIR[view.getUint16(at + 5, true)]!;
          const c = HEX_PAIR[view.getUint16(at + 7, true)]!;
          const d = HEX_PAIR[view.getUint16(at + 9, true)]!;
          let digits = a | b | c | d;
          let pageNumber = (a << 12) | (b << 4) | (c >> 4);
          let pageOffset = ((c & 15) << 8) | d;
          let comma = at + 11;
          let tail = view.getInt32(comma, true);
          if ((tail & 0xff) !== 0x2c) {
            const e = HEX_PAIR[tail & 0xffff]!;
            digits |= e;
            pageNumber = (a << 20) | (b << 12) | (c << 4) | (d >> 4);
            pageOffset = ((d & 15) << 8) | e;
            comma += 2;
            tail = view.getInt32(comma, true);
          }
          let bytesTouched = ((tail >>> 8) & 0xff) - 0x30;
          let next = 0; // stays 0 where the shape is another
          if (digits >= 0 && bytesTouched >>> 0 < 10 && bytesTouched > 0) {
            const units = ((tail >>> 16) & 0xff) - 0x30;
            if ((tail & 0xff00ff) === 0x0a002c) next = comma + 3;
            else if ((tail & 0xff0000ff) === 0x0a00002c && units >>> 0 < 10) {
              bytesTouched = bytesTouched * 10 + units;
              next = comma + 4;
            }
          }
          if (next !== 0) {
            ticks++;
            at = next;
            if (prefix !== LOAD || reads) {
              page[count] = pageNumber;
              offset[count] = pageOffset;
              size[count] = bytesTouched;
              cpu[count] = 0;
              kind[count] = prefix === LOAD ? AccessKind.load : AccessKind.store;
              program[count] = baseNs + ticks;
              count++;
            }
            continue;
          }
        }
      }
      let lineEnd = at;
      while (lineEnd < end && bytes[lineEnd] !== 0x0a) lineEnd++;
      if (lineEnd >= end) break;
      const line = this.#readLine(bytes, at, lineEnd);
      at = lineEnd + 1;
      if (line === 'malformed' || line === 'harmless') {
        this.#otherLines++;
        if (line === 'malformed') this.#skip(baseNs + ticks + this.#otherLines);
        continue;
      }
      ticks++;
      if (line === 'access' || (line === 'load' && reads)) {
        page[count] = this.#page;
        offset[count] = this.#offset;
        size[count] = this.#size;
        cpu[count] = 0;
        kind[count] = line === 'load' ? AccessKind.load : AccessKind.store;
        program[count] = baseNs + ticks;
        count++;
      }
    }
    this.programNs = baseNs + ticks;
    batch.process.fill(0, first, count);
    batch.length = count;
    return at;
  }

  #skip(lineNumber: number): void {
    this.skipped.lines++;
    this.skipped.firstLine ??= lineNumber;
  }

  /** Any line, without its newline: what it is, and its access if it has one. */
  #readLine(bytes: Uint8Array, start: number, lineEnd: number): Line {
    const end = lineEnd > start && bytes[lineEnd - 1] === 0x0d ? lineEnd - 1 : lineEnd;
    if (start === end) return 'harmless';
    const prefix = end - start < 3 ? 0 : bytes[start]! | (bytes[start + 1]! << 8) | (bytes[start + 2]! << 16);
    const isAccess = prefix === STORE || prefix === MODIFY;
    if (!isAccess && prefix !== LOAD && prefix !== INSTRUCTION && prefix !== SUPERBLOCK) {
      return isMessage(bytes, start, end) ? 'harmless' : 'malformed';
    }

    let at = start + 3;
    let high = 0; // digits before the last three: the page
    let low = 0; // the last three: the offset
    const firstDigit = at;
    for (; at < end; at++) {
      const digit = hexDigit(bytes[at]!);
      if (digit < 0) break;
      high = high * 16 + (low >>> 8);
      low = ((low & 0xff) << 4) | digit;
    }
    if (at === firstDigit || at - firstDigit > 16) return 'malformed';
    if (prefix === SUPERBLOCK) return at === end ? 'harmless' : 'malformed';
    if (bytes[at++] !== 0x2c) return 'malformed';
    let size = 0;
    if (at === end) return 'malformed';
    for (; at < end; at++) {
      const digit = bytes[at]! - 0x30;
      if (digit < 0 || digit > 9) return 'malformed';
      size = size * 10 + digit;
      if (size > SIZE_LIMIT) return 'malformed';
    }
    if (size === 0) return 'malformed';
    const pages = Math.floor((low + size - 1) / PAGE_SIZE); // borders it runs over
    if (high + pages >= PAGE_LIMIT) return 'malformed';
    this.#page = high;
    this.#offset = low;
    this.#size = size;
    return isAccess ? 'access' : prefix === LOAD ? 'load' : 'instruction';
  }
}

function hexDigit(character: number): number {
  if (character >= 0x30 && character <= 0x39) return character - 0x30;
  return character >= 0x61 && character <= 0x66 ? character - 0x57 : -1;
}

/** Whether it is a message of valgrind's own: no access, and nothing to complain about. */
function isMessage(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start]!;
  if (first !== 0x3d && first !== 0x2d && first !== 0x2a) return false;
  return MESSAGE.test(String.fromCharCode(...bytes.subarray(start, Math.min(end, start + MESSAGE_HEAD))));
}
