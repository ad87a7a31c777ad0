/**
 * One CPU's TLB: set-associative, round robin within a set, so that replacement never depends on hits and a hit changes
 * nothing. An entry has a W and a D of its own; that is where a stale one does its harm.
 */
export class Tlb {
  readonly sets: number;
  readonly ways: number;
  /** Slot of a page index, or -1. Grown by the machine as pages appear. */
  slotOf: Int32Array;
  /** Page index in a slot, or -1. */
  readonly page: Int32Array;
  /** Frame index the entry points at. */
  readonly frame: Int32Array;
  /** TLB_WRITABLE, TLB_DIRTY, TLB_HUGE. */
  readonly flags: Uint8Array;
  /** Tag of the address space (ASID, PCID). */
  readonly tag: Uint8Array;
  readonly #nextWay: Uint8Array;
  /** Valid entries. */
  valid = 0;

  constructor(sets: number, ways: number, pages: number) {
    this.sets = sets;
    this.ways = ways;
    this.slotOf = new Int32Array(pages).fill(-1);
    this.page = new Int32Array(sets * ways).fill(-1);
    this.frame = new Int32Array(sets * ways);
    this.flags = new Uint8Array(sets * ways);
    this.tag = new Uint8Array(sets * ways);
    this.#nextWay = new Uint8Array(sets);
  }

  /** Caches a translation; gives the slot it took (the page's own slot where it already had one). */
  fill(page: number, pageNumber: number, frame: number, flags: number, tag = 0): number {
    let slot = this.slotOf[page]!;
    if (slot < 0) {
      const set = pageNumber % this.sets;
      const way = this.#nextWay[set]!;
      this.#nextWay[set] = way + 1 === this.ways ? 0 : way + 1;
      slot = set * this.ways + way;
      this.drop(slot);
      this.page[slot] = page;
      this.slotOf[page] = slot;
      this.valid++;
    }
    this.frame[slot] = frame;
    this.flags[slot] = flags;
    this.tag[slot] = tag;
    return slot;
  }

  /** Empties a slot; nothing happens if it is empty. */
  drop(slot: number): void {
    const page = this.page[slot]!;
    if (page < 0) return;
    this.slotOf[page] = -1;
    this.page[slot] = -1;
    this.valid--;
  }

  /** Makes room for page indices below `pages`. */
  grow(pages: number): void {
    const larger = new Int32Array(pages).fill(-1);
    larger.set(this.slotOf);
    this.slotOf = larger;
  }
}
