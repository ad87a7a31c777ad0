/** The chunks of a trail that were read last, opened: more is often asked of them, and their blocks are expanded only once. */
import type { OpenChunk } from '../codec/open-chunk.js';

/** Chosen: a question goes to and fro between a few chunks, and one takes about 1 MB with its blocks expanded. */
const KEPT = 4;

export class OpenedChunks {
  /** By index, in the order in which they were asked for. */
  readonly #kept = new Map<number, OpenChunk>();

  find(index: number): OpenChunk | undefined {
    const found = this.#kept.get(index);
    if (found !== undefined) this.keep(index, found);
    return found;
  }

  keep(index: number, chunk: OpenChunk): void {
    this.#kept.delete(index);
    if (this.#kept.size >= KEPT) this.#kept.delete(this.#kept.keys().next().value!);
    this.#kept.set(index, chunk);
  }

  clear(): void {
    this.#kept.clear();
  }
}
