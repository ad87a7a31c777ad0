/**
 * How many distinct pages were touched since a page was touched last: exact, in O(log pages) a touch and in memory for the pages,
 * however many touches there are (Bennett and Kruskal, "LRU stack processing", 1975, with the tree of Fenwick, "A new data structure
 * for cumulative frequency tables", 1994).
 *
 * Each touch takes the next stamp, and only the last stamp of a page is alive. Alive stamps are bits in words; a Fenwick tree counts
 * them word by word. When stamps run out, the alive ones move together to the front; most are free then, so it happens seldom.
 */
import { widened } from '../columns.js';

const WORD_BITS = 32;
/** A recent stamp is counted word by word, without the tree. Chosen: about as many steps as the tree takes. */
const NEAR_WORDS = 8;
/** Chosen: moving the alive stamps then costs some 1/7 of a step per touch. */
const STAMPS_PER_PAGE = 8;

export class Recency {
  /** Pages touched so far. */
  pages = 0;
  /** By page, one more than its stamp; 0 where it has none. */
  #stampOf = new Int32Array(1024);
  /** By stamp. */
  #pageAt: Int32Array;
  #alive: Int32Array;
  /** Tree over the words of `alive`, from 1. */
  #tree: Int32Array;
  #next = 0;

  /** @param stamps to begin with, a power of two of at least 32 */
  constructor(stamps = 4096) {
    this.#pageAt = new Int32Array(stamps);
    this.#alive = new Int32Array(stamps / WORD_BITS);
    this.#tree = new Int32Array(stamps / WORD_BITS + 1);
  }

  /** Distinct other pages touched since the page (a dense index) was; -1 for the first time. */
  touch(page: number): number {
    if (page >= this.#stampOf.length) this.#widen(page);
    const old = this.#stampOf[page]! - 1;
    if (old >= 0 && old === this.#next - 1) return 0;
    if (this.#next === this.#pageAt.length) {
      this.#compact();
      return this.touch(page);
    }
    const stamp = this.#next++;
    this.#stampOf[page] = stamp + 1;
    this.#pageAt[stamp] = page;
    const word = stamp >>> 5;
    this.#alive[word]! |= 1 << (stamp & 31);
    if (old < 0) {
      this.pages++;
      this.#move(-1, word);
      return -1;
    }
    const oldWord = old >>> 5;
    const distance = this.#aliveBetween(old, word) - 1;
    this.#alive[oldWord]! &= ~(1 << (old & 31));
    if (oldWord !== word) this.#move(oldWord, word);
    return distance;
  }

  /** Alive stamps above `old`, up to the newest, which is in `word` and not in the tree yet. */
  #aliveBetween(old: number, word: number): number {
    const alive = this.#alive;
    const oldWord = old >>> 5;
    // Shifted by 31 at the most twice: a shift by 32 is one by 0.
    const above = (alive[oldWord]! >>> (old & 31)) >>> 1;
    if (word - oldWord <= NEAR_WORDS) {
      let count = popCount(above);
      for (let at = oldWord + 1; at <= word; at++) count += popCount(alive[at]!);
      return count;
    }
    const tree = this.#tree;
    let upTo = 0;
    for (let at = oldWord + 1; at > 0; at &= at - 1) upTo += tree[at]!;
    return this.pages - upTo + popCount(above) + 1;
  }

  /** One alive stamp less in a word (-1: none), one more in a later one. */
  #move(from: number, to: number): void {
    const tree = this.#tree;
    let less = from + 1;
    let more = to + 1;
    if (less === 0) less = tree.length;
    // Where the two ways up the tree meet, they cancel.
    while (less !== more) {
      if (less < more) {
        if (less >= tree.length) break;
        tree[less]!--;
        less += less & -less;
      } else {
        if (more >= tree.length) break;
        tree[more]!++;
        more += more & -more;
      }
    }
  }

  /** Moves the alive stamps to the front, and makes room where there is too little. */
  #compact(): void {
    let stamps = this.#pageAt.length;
    while (stamps < this.pages * STAMPS_PER_PAGE) stamps *= 2;
    const pageAt = stamps === this.#pageAt.length ? this.#pageAt : new Int32Array(stamps);
    let next = 0;
    for (let stamp = 0; stamp < this.#next; stamp++) {
      if ((this.#alive[stamp >>> 5]! & (1 << (stamp & 31))) === 0) continue;
      const page = this.#pageAt[stamp]!;
      pageAt[next] = page;
      this.#stampOf[page] = ++next;
    }
    this.#pageAt = pageAt;
    this.#next = next;
    const words = stamps / WORD_BITS;
    this.#alive = new Int32Array(words).fill(-1, 0, next >>> 5);
    if ((next & 31) !== 0) this.#alive[next >>> 5] = (1 << (next & 31)) - 1;
    const tree = new Int32Array(words + 1);
    for (let at = 1; at <= words; at++) {
      tree[at]! += popCount(this.#alive[at - 1]!);
      const parent = at + (at & -at);
      if (parent <= words) tree[parent]! += tree[at]!;
    }
    this.#tree = tree;
  }

  #widen(page: number): void {
    this.#stampOf = widened(this.#stampOf, new Int32Array(2 ** Math.ceil(Math.log2(page + 1))));
  }
}

/** Bits that are set (Warren, "Hacker's Delight", 5-1). */
function popCount(word: number): number {
  let count = word - ((word >>> 1) & 0x5555_5555);
  count = (count & 0x3333_3333) + ((count >>> 2) & 0x3333_3333);
  count = (count + (count >>> 4)) & 0x0f0f_0f0f;
  return Math.imul(count, 0x0101_0101) >>> 24;
}
