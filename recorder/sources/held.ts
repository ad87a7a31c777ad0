/**
 * Accesses held in memory, to be played any number of times without being read again. They lie in shared memory, so that threads can play
 * them side by side.
 */
import { InterruptedError } from '../../base/index.js';
import { ACCESS_COLUMNS, AccessBatch, AccessKind } from '../../simulator/index.js';
import type { SourceMeta } from '../../traces/index.js';
import { INTERRUPTED, interruptible } from '../pump.js';
import type { AccessSource } from './source.js';

/** Columns of an `AccessBatch`, all of them full. */
type Block = Pick<AccessBatch, 'length' | (typeof ACCESS_COLUMNS)[number]>;

/** Plain data: it travels to another thread as it is, and the blocks stay where they are. */
export interface HeldAccesses {
  readonly meta: SourceMeta;
  readonly objectPages: number | null;
  readonly programNs: number;
  readonly skipped: { readonly lines: number; readonly firstLine: number | null };
  readonly accesses: number;
  /** Whether some were made by a device, and some by the kernel. */
  readonly byDevice: boolean;
  readonly byKernel: boolean;
  readonly blocks: readonly Block[];
}

const TURN_MS = 50;
/** Bytes that an access takes. */
export const HELD_BYTES = 31;

/**
 * Reads a source to its end, or until it proves to be longer than that many accesses: null then, and the source is spent.
 * @throws InputError when the source breaks off; InterruptedError when the signal comes
 */
export async function hold(
  source: AccessSource,
  accessesMax: number,
  signal?: AbortSignal,
): Promise<HeldAccesses | null> {
  const blocks: Block[] = [];
  const batch = new AccessBatch();
  const made = new Set<number>();
  let accesses = 0;
  let turned = performance.now();
  for (;;) {
    batch.length = 0;
    const filled = source.fill(batch);
    const count = typeof filled === 'number' ? filled : await interruptible(filled, signal);
    if (count === INTERRUPTED || signal?.aborted) throw new InterruptedError({ what: 'interrupted' });
    if (count === 0) break;
    accesses += count;
    // An interrupt is seen only where the event loop gets a turn.
    if (performance.now() - turned > TURN_MS) {
      await new Promise((resolve) => setImmediate(resolve));
      turned = performance.now();
    }
    if (accesses > accessesMax) return null;
    for (let row = 0; row < count; row++) made.add(batch.kind[row]!);
    blocks.push(copyOf(batch));
  }
  if (source.failure !== null) throw source.failure;
  return {
    meta: source.meta,
    objectPages: source.objectPages ?? null,
    programNs: source.programNs,
    skipped: { ...source.skipped },
    accesses,
    byDevice: made.has(AccessKind.deviceWrite),
    byKernel: made.has(AccessKind.kernelWrite),
    blocks,
  };
}

/** The held accesses as a source, from the first to the last. */
export function openHeld(held: HeldAccesses): AccessSource {
  return new HeldSource(held);
}

function copyOf(batch: AccessBatch): Block {
  const { length } = batch;
  const block = { length } as { -readonly [Name in keyof Block]: Block[Name] };
  for (const name of ACCESS_COLUMNS) block[name] = shared(batch[name], length) as never;
  return block;
}

function shared<Column extends AccessBatch[(typeof ACCESS_COLUMNS)[number]]>(column: Column, length: number): Column {
  const Kind = column.constructor as new (buffer: SharedArrayBuffer) => Column;
  const copy = new Kind(new SharedArrayBuffer(length * column.BYTES_PER_ELEMENT));
  copy.set(column.subarray(0, length));
  return copy;
}

class HeldSource implements AccessSource {
  readonly meta: SourceMeta;
  readonly objectPages?: number;
  readonly programNs: number;
  readonly skipped;
  readonly failure = null;
  readonly #held: HeldAccesses;
  #block = 0;
  /** Row of the block that comes next. */
  #row = 0;
  #given = 0;

  constructor(held: HeldAccesses) {
    this.#held = held;
    this.meta = held.meta;
    if (held.objectPages !== null) this.objectPages = held.objectPages;
    this.programNs = held.programNs;
    this.skipped = { ...held.skipped };
  }

  get progress(): number {
    return this.#held.accesses === 0 ? 1 : this.#given / this.#held.accesses;
  }

  fill(batch: AccessBatch): number {
    const before = batch.length;
    const { blocks } = this.#held;
    while (batch.length < batch.capacity && this.#block < blocks.length) {
      const block = blocks[this.#block]!;
      const count = Math.min(batch.capacity - batch.length, block.length - this.#row);
      for (const name of ACCESS_COLUMNS)
        (batch[name] as Float64Array).set(block[name].subarray(this.#row, this.#row + count), batch.length);
      batch.length += count;
      this.#row += count;
      if (this.#row < block.length) continue;
      this.#block++;
      this.#row = 0;
    }
    const count = batch.length - before;
    this.#given += count;
    return count;
  }

  close(): void {}
}
