/**
 * Small unsigned numbers packed into 32-bit words: the state of a machine as few words as it needs, and nothing is hashed away. Fields that never change in
 * a search stand behind the others, in words that need not be kept with each state.
 */
import { invariant } from '../../base/index.js';

const WORD_BITS = 32;

export class Fields {
  readonly word: number[] = [];
  readonly shift: number[] = [];
  /** Largest value of each field. */
  readonly mask: number[] = [];
  /** Words of the fields that change. */
  words = 0;
  /** Words of all. */
  allWords = 0;
  readonly #bits: number[] = [];

  /** Adds `count` fields of so many bits; gives the number of the first, the others follow. */
  add(bits: number, count = 1): number {
    invariant(bits > 0 && bits <= 16, `a field of ${bits} bits`);
    const first = this.#bits.length;
    for (let i = 0; i < count; i++) this.#bits.push(bits);
    return first;
  }

  get count(): number {
    return this.#bits.length;
  }

  /** Gives every field its place. @param changing by field; null: all may change */
  pack(changing: readonly boolean[] | null): void {
    const changes = (field: number) => changing?.[field] ?? true;
    const fields = this.#bits.map((_, field) => field);
    this.words = this.#place(fields.filter(changes), 0);
    this.allWords = this.#place(
      fields.filter((field) => !changes(field)),
      this.words,
    );
  }

  /** Each into the first word with room, wide ones before narrow ones, which fill what those leave; gives the number of words up to there. */
  #place(fields: readonly number[], firstWord: number): number {
    const taken: number[] = [];
    const wideFirst = [...fields].sort((a, b) => this.#bits[b]! - this.#bits[a]! || a - b);
    for (const field of wideFirst) {
      const bits = this.#bits[field]!;
      let word = taken.findIndex((used) => used + bits <= WORD_BITS);
      if (word < 0) word = taken.push(0) - 1;
      this.word[field] = firstWord + word;
      this.shift[field] = taken[word]!;
      this.mask[field] = 2 ** bits - 1;
      taken[word]! += bits;
    }
    return firstWord + taken.length;
  }
}
