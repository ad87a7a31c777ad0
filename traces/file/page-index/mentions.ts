/** What the chunks of a segment say of its pages while they are taken in: of which aspects each speaks, and in which part of it that begins. */
import { FAMILIES } from './aspects.js';
import { partOf, SEGMENT_CHUNKS } from './first-rows.js';

/** Bits that the part of a family takes: parts are at most 32. */
const PART_BITS = 8;
const LEAST_PAGES = 4096;

export class Mentions {
  /** By page of the segment, then by chunk: its aspects. */
  #aspects = new Uint32Array(LEAST_PAGES * SEGMENT_CHUNKS);
  /** Beside it: by family the part of its first event there, 0 for none, eight bits each. */
  #parts = new Uint32Array(LEAST_PAGES * SEGMENT_CHUNKS);

  /** Takes notice of an event: its page by number in the segment, its chunk there, and its row. */
  note(page: number, chunk: number, row: number, aspects: number): void {
    const at = page * SEGMENT_CHUNKS + chunk;
    if (at >= this.#aspects.length) this.#grow();
    const known = this.#aspects[at]!;
    // Nothing new is what nearly every event says.
    if ((aspects & ~known) === 0) return;
    this.#aspects[at] = known | aspects;
    const part = partOf(row);
    for (let family = 0; family < FAMILIES.length; family++) {
      const all = FAMILIES[family]!;
      if ((aspects & all) !== 0 && (known & all) === 0) this.#parts[at]! |= part << (family * PART_BITS);
    }
  }

  /** Aspects of the page that the chunk speaks of; 0 for none. */
  aspects(page: number, chunk: number): number {
    return this.#aspects[page * SEGMENT_CHUNKS + chunk]!;
  }

  /** The part in which the chunk first speaks of the page, and of something of a family; 0 for none. */
  part(page: number, chunk: number, family: number): number {
    return (this.#parts[page * SEGMENT_CHUNKS + chunk]! >>> (family * PART_BITS)) & (2 ** PART_BITS - 1);
  }

  clear(): void {
    this.#aspects.fill(0);
    this.#parts.fill(0);
  }

  #grow(): void {
    const [aspects, parts] = [this.#aspects, this.#parts];
    this.#aspects = new Uint32Array(2 * aspects.length);
    this.#parts = new Uint32Array(2 * parts.length);
    this.#aspects.set(aspects);
    this.#parts.set(parts);
  }
}
