/** Small unsigned numbers packed into 32-bit words: the state of a machine as few words as it needs, and nothing is hashed away. */
import { invariant } from '../../base/index.js';

const WORD_BITS = 32;

export class Fields {
  /** Words of a state. */
  words = 0;
  readonly word: number[] = [];
  readonly shift: number[] = [];
  /** Largest value of each field. */
  readonly mask: number[] = [];
  /** Bits that are taken of each word. */
  readonly #taken: number[] = [];

  /** Adds `count` fields of so many bits; gives the number of the first, the others follow. */
  add(bits: number, count = 1): number {
    invariant(bits > 0 && bits <= 16, `a field of ${bits} bits`);
    const first = this.word.length;
    for (let i = 0; i < count; i++) this.#place(bits);
    return first;
  }

  /** Into the first word with room: narrow fields fill what wide ones leave. */
  #place(bits: number): void {
    let word = this.#taken.findIndex((taken) => taken + bits <= WORD_BITS);
    if (word < 0) {
      word = this.#taken.length;
      this.#taken.push(0);
      this.words++;
    }
    this.word.push(word);
    this.shift.push(this.#taken[word]!);
    this.mask.push(2 ** bits - 1);
    this.#taken[word]! += bits;
  }
}
