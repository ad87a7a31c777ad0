/** Where two trails first hold different writes: the second, narrow look that follows when their digests differ. */
import { type EventSource, seqOf } from '../../replayer/index.js';
import { chunksOf, kindMask, write } from '../../traces/index.js';
import { BLOCK_WRITES } from './write-digest.js';

export interface Misalignment {
  readonly cpu: number;
  /** Which write of that CPU, from 1. */
  readonly ordinal: number;
  /** Its seq on each side; null where the CPU has no such write. */
  readonly seqs: readonly [number | null, number | null];
}

/** The writes of one block: seq, space, page, offset and size of each, one after the other. */
type Block = number[];
const FIELDS = 5;
const WRITES_ONLY = kindMask(write.kind);

/**
 * The first difference of each CPU, in the given block of it; the one that comes first in `a` first. Throws an `InputError` when a trail
 * cannot be read.
 */
export function locateMisalignments(
  a: EventSource,
  b: EventSource,
  blocks: ReadonlyMap<number, number>,
): readonly Misalignment[] {
  if (blocks.size === 0) return [];
  const inA = readBlocks(a, blocks);
  const inB = readBlocks(b, blocks);
  const found: Misalignment[] = [];
  for (const [cpu, block] of blocks) {
    const [left, right] = [inA.get(cpu)!, inB.get(cpu)!];
    const at = firstDifference(left, right);
    if (at === null) continue;
    const seqs = [left[at * FIELDS] ?? null, right[at * FIELDS] ?? null] as const;
    found.push({ cpu, ordinal: block * BLOCK_WRITES + at + 1, seqs });
  }
  return found.sort((x, y) => (x.seqs[0] ?? Infinity) - (y.seqs[0] ?? Infinity) || (x.seqs[1] ?? 0) - (y.seqs[1] ?? 0));
}

function firstDifference(a: Block, b: Block): number | null {
  const writes = Math.max(a.length, b.length) / FIELDS;
  for (let i = 0; i < writes; i++) {
    for (let field = 1; field < FIELDS; field++) if (a[i * FIELDS + field] !== b[i * FIELDS + field]) return i;
  }
  return null;
}

function readBlocks(source: EventSource, wanted: ReadonlyMap<number, number>): Map<number, Block> {
  const blocks = new Map<number, Block>([...wanted.keys()].map((cpu) => [cpu, []]));
  const counts = new Map<number, number>();
  for (const batch of chunksOf(source, WRITES_ONLY)) {
    for (let row = 0; row < batch.length; row++) {
      if (batch.kind[row] !== write.code) continue;
      const cpu = batch.cpu[row]!;
      const block = wanted.get(cpu);
      if (block === undefined) continue;
      const ordinal = counts.get(cpu) ?? 0;
      counts.set(cpu, ordinal + 1);
      if (Math.floor(ordinal / BLOCK_WRITES) !== block) continue;
      const offset = batch.slots[write.slot.offset]![row]!;
      const size = batch.slots[write.slot.size]![row]!;
      blocks.get(cpu)!.push(seqOf(batch, row), batch.space[row]!, batch.page[row]!, offset, size);
    }
  }
  return blocks;
}
