/** Whose a state is, and states on their way to whom they belong to. */

const FIRST_STATES = 64;
const HALF_BITS = 16;

/** Number of the share, of so many, that a state with this hash is in: by its high bits, since the low ones choose the slot in the table there. */
export function ownerOf(hash: number, shares: number): number {
  return ((hash >>> HALF_BITS) * shares) >>> HALF_BITS;
}

/** States that were added a short while ago and are not added again. */
const RECENT = 2 ** 14;

/** A row of states that grows; most of those that are added twice in a short while are in it once. */
export class Parcel {
  readonly words: number;
  count = 0;
  #states: Int32Array<ArrayBuffer>;
  /** By low bits of the hash: position of a state + 1. */
  readonly #recent = new Int32Array(RECENT);

  constructor(words: number) {
    this.words = words;
    this.#states = new Int32Array(words * FIRST_STATES);
  }

  add(state: Int32Array, hash: number): void {
    const slot = hash & (RECENT - 1);
    const known = this.#recent[slot]! - 1;
    if (known >= 0 && this.#equals(known, state)) return;
    const { words } = this;
    let at = this.count * words;
    if (at === this.#states.length) this.#grow();
    this.#recent[slot] = ++this.count;
    for (let word = 0; word < words; word++) this.#states[at++] = state[word]!;
  }

  /** Gives them away, to be sent, and is empty. */
  take(): Int32Array<ArrayBuffer> {
    const states = this.#states.subarray(0, this.count * this.words);
    if (this.count > 0) this.#recent.fill(0);
    this.#states = new Int32Array(this.words * FIRST_STATES);
    this.count = 0;
    return states;
  }

  #equals(number: number, state: Int32Array): boolean {
    const first = number * this.words;
    for (let word = 0; word < this.words; word++) if (this.#states[first + word] !== state[word]) return false;
    return true;
  }

  #grow(): void {
    const larger = new Int32Array(2 * this.#states.length);
    larger.set(this.#states);
    this.#states = larger;
  }
}
