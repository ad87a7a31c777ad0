/**
 * Whether two trails hold the same writes: for each CPU the same sequence of (space, page, offset, size). CPUs may interleave
 * differently, so neither trail waits for the other; each keeps, per CPU, a running 64-bit digest and its value after every block of
 * writes. Equal digests mean equal sequences but for a chance of 2^-64; where they differ, only one block is read again.
 */
import { write, type EventBatch } from '../../traces/index.js';

/** Writes per block, a power of two. Chosen: 16 bytes per block are 0.02 % of a trail, and a block is read again in no time. */
export const BLOCK_WRITES = 4096;

// Chosen: digits of pi, not zero, so that a write of all zeros counts too.
const SEED_LOW = 0x243f_6a88;
const SEED_HIGH = 0x1319_8a2e;

interface CpuDigest {
  count: number;
  low: number;
  high: number;
  /** Low and high half after each full block. */
  readonly blocks: number[];
  /** Entries of `blocks` that are known to be the same on the other side. */
  agreed: number;
}

export class WriteDigest {
  readonly #byCpu = new Map<number, CpuDigest>();

  /** Takes the writes of a batch. */
  take(batch: EventBatch): void {
    const { kind, cpu, page, space, length } = batch;
    const offsets = batch.slots[write.slot.offset]!;
    const sizes = batch.slots[write.slot.size]!;
    for (let row = 0; row < length; ) {
      if (kind[row] !== write.code) {
        row++;
        continue;
      }
      const by = cpu[row]!;
      const digest = this.#digestOf(by);
      let { low, high, count } = digest;
      for (; row < length && cpu[row] === by; row++) {
        if (kind[row] !== write.code) continue;
        const at = page[row]!;
        const pageLow = at | 0;
        let pageHigh = space[row]! << 20;
        if (at > 0xffff_ffff) pageHigh ^= (at / 0x1_0000_0000) | 0;
        const within = (offsets[row]! | 0) ^ (sizes[row]! << 13);
        low = mix(mix(low ^ pageLow, 0x9e37_79b1) ^ pageHigh ^ within, 0x85eb_ca6b);
        high = mix(mix(high ^ within, 0xc2b2_ae35) ^ pageLow ^ (pageHigh << 7), 0x27d4_eb2f);
        if ((++count & (BLOCK_WRITES - 1)) === 0) digest.blocks.push(low, high);
      }
      digest.low = low;
      digest.high = high;
      digest.count = count;
    }
  }

  /**
   * Of how many writes of the CPU, whole blocks, both sides are known to agree; `parted` when the next block is known to differ. Each
   * block is looked at once.
   */
  agreed(cpu: number, other: WriteDigest): { readonly writes: number; readonly parted: boolean } {
    const [mine, theirs] = [this.#digestOf(cpu), other.#digestOf(cpu)];
    const blocks = Math.min(mine.blocks.length, theirs.blocks.length);
    let at = mine.agreed;
    while (at < blocks && mine.blocks[at] === theirs.blocks[at] && mine.blocks[at + 1] === theirs.blocks[at + 1])
      at += 2;
    mine.agreed = at;
    return { writes: (at / 2) * BLOCK_WRITES, parted: at < blocks };
  }

  /** CPUs that have written. */
  cpus(): Iterable<number> {
    return this.#byCpu.keys();
  }

  /** Per CPU whose writes differ, the block (from 0) that holds the first difference. */
  differsFrom(other: WriteDigest): Map<number, number> {
    const differing = new Map<number, number>();
    for (const cpu of new Set([...this.#byCpu.keys(), ...other.#byCpu.keys()])) {
      const [a, b] = [this.#digestOf(cpu), other.#digestOf(cpu)];
      const fullBlocks = Math.min(a.blocks.length, b.blocks.length) / 2;
      const agree = (at: number) =>
        a.blocks[2 * at] === b.blocks[2 * at] && a.blocks[2 * at + 1] === b.blocks[2 * at + 1];
      let block = 0;
      while (block < fullBlocks && agree(block)) block++;
      if (block === fullBlocks && a.count === b.count && a.low === b.low && a.high === b.high) continue;
      differing.set(cpu, block);
    }
    return differing;
  }

  #digestOf(cpu: number): CpuDigest {
    let digest = this.#byCpu.get(cpu);
    if (digest === undefined)
      this.#byCpu.set(cpu, (digest = { count: 0, low: SEED_LOW, high: SEED_HIGH, blocks: [], agreed: 0 }));
    return digest;
  }
}

/** A round of a multiplicative hash whose low bits depend on all bits (the finaliser of MurmurHash3, in part). */
function mix(value: number, factor: number): number {
  const product = Math.imul(value, factor);
  return product ^ (product >>> 15);
}
