/**
 * Which address space each CPU runs, and what it may still hold of others. A TLB keeps the entries of several spaces apart by a tag (ASID, on
 * x86 PCID), so a switch flushes nothing by itself. A space counts its flushes; a CPU that was not interrupted for one, because it ran
 * another space, sees at its next switch that it is behind and drops what it has (arch/x86/mm/tlb.c).
 */

/** Tags that a CPU deals out in turn: TLB_NR_DYN_ASIDS. */
const TAGS = 6;

interface Cpu {
  /** Space that runs, and its tag. */
  current: number;
  tag: number;
  /** Space by tag; -1 where the tag is free. */
  readonly spaces: Int16Array;
  /** Flushes of that space that the CPU has seen, by tag. */
  readonly seen: Float64Array;
  nextTag: number;
}

export class AddressSpaces {
  readonly #cpus: Cpu[] = [];
  /** Flushes sent, by space. */
  readonly #sent: number[] = [];

  addCpu(): void {
    const spaces = new Int16Array(TAGS).fill(-1);
    this.#cpus.push({ current: -1, tag: 0, spaces, seen: new Float64Array(TAGS), nextTag: 0 });
    this.enter(this.#cpus.length - 1, 0);
  }

  /** The space that a CPU runs. */
  currentOf(cpu: number): number {
    return this.#cpus[cpu]!.current;
  }

  /** Tag of the running space. */
  tagOf(cpu: number): number {
    return this.#cpus[cpu]!.tag;
  }

  /**
   * A CPU takes up a space. Gives the space whose entries it must drop first: its own where it missed a flush, another where it needs
   * that one's tag; or -1.
   */
  enter(cpu: number, space: number): number {
    const at = this.#cpus[cpu]!;
    at.current = space;
    let tag = at.spaces.indexOf(space);
    let drop = -1;
    if (tag < 0) {
      tag = at.nextTag;
      at.nextTag = (tag + 1) % TAGS;
      drop = at.spaces[tag]!;
      at.spaces[tag] = space;
    } else if (at.seen[tag]! < this.#sentOf(space)) drop = space;
    at.seen[tag] = this.#sentOf(space);
    at.tag = tag;
    return drop;
  }

  /** One more flush of the space; gives its number. */
  flush(space: number): number {
    return (this.#sent[space] = this.#sentOf(space) + 1);
  }

  /** A CPU has acted on that flush of the space. */
  acknowledged(cpu: number, space: number, flush: number): void {
    const at = this.#cpus[cpu]!;
    const tag = at.spaces.indexOf(space);
    // Only the next one in turn: whoever missed one before is still behind.
    if (tag >= 0 && at.seen[tag] === flush - 1) at.seen[tag] = flush;
  }

  #sentOf(space: number): number {
    return this.#sent[space] ?? 0;
  }
}
