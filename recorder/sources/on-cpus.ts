/**
 * The accesses of another source on another number of CPUs: what was made on CPU c is made on CPU c modulo n. Threads that now share a
 * CPU take turns in the order of the source, so the CPU's program time is the sum of theirs and nobody's work gets shorter. With more CPUs than
 * the source has, the rest stand idle: they never run the program, so no flush has to reach them.
 */
import type { InputError } from '../../base/index.js';
import type { AccessBatch } from '../../simulator/index.js';
import type { SourceMeta } from '../../traces/index.js';
import type { AccessSource, SkippedLines } from './source.js';

/** CPU numbers are one byte in an access. */
const CPU_NUMBERS = 256;

/** @param cpus from 1 to 255 */
export function onCpus(source: AccessSource, cpus: number): AccessSource {
  return new SourceOnCpus(source, cpus);
}

class SourceOnCpus implements AccessSource {
  readonly meta: SourceMeta;
  readonly objectPages?: number;
  readonly #source: AccessSource;
  readonly #cpus: number;
  /** Program time of the last access by CPU of the source, ns; -1 before the first, where times are given and begin anywhere. */
  readonly #theirs: Float64Array;
  /** The same by CPU that the accesses are made on. */
  readonly #ours: Float64Array;

  constructor(source: AccessSource, cpus: number) {
    this.meta = source.meta;
    if (source.objectPages !== undefined) this.objectPages = source.objectPages;
    this.#source = source;
    this.#cpus = cpus;
    const begin = source.meta.programTime === 'given' ? -1 : 0;
    this.#theirs = new Float64Array(CPU_NUMBERS).fill(begin);
    this.#ours = new Float64Array(cpus).fill(begin);
  }

  fill(batch: AccessBatch): number | Promise<number> {
    const from = batch.length;
    const filled = this.#source.fill(batch);
    if (typeof filled !== 'number') return filled.then((count) => this.#place(batch, from, count));
    return this.#place(batch, from, filled);
  }

  get programNs(): number {
    return this.#ours.reduce((most, ns) => Math.max(most, ns), this.#source.programNs);
  }

  get skipped(): SkippedLines {
    return this.#source.skipped;
  }

  get failure(): InputError | null {
    return this.#source.failure;
  }

  get progress(): number | null {
    return this.#source.progress;
  }

  close(): void {
    this.#source.close();
  }

  #place(batch: AccessBatch, from: number, count: number): number {
    const { cpu, program } = batch;
    const theirs = this.#theirs;
    const ours = this.#ours;
    for (let row = from; row < from + count; row++) {
      const theirCpu = cpu[row]!;
      const ourCpu = theirCpu % this.#cpus;
      const atNs = program[row]!;
      // Writes of devices come with a time and no CPU of their own, so what they are given to may seem to go back.
      const spentNs = theirs[theirCpu]! < 0 ? 0 : Math.max(0, atNs - theirs[theirCpu]!);
      theirs[theirCpu] = Math.max(theirs[theirCpu]!, atNs);
      ours[ourCpu] = ours[ourCpu]! < 0 ? atNs : ours[ourCpu]! + spentNs;
      cpu[row] = ourCpu;
      program[row] = ours[ourCpu]!;
    }
    return count;
  }
}
