/**
 * Logs that virtual CPUs keep of the pages they dirty: a fixed number of entries each, drained by the monitor. Intel's page-modification log is
 * filled by the walker, KVM's dirty ring by the fault handler; both are marks with a place in a queue.
 */
import { MAX_CPUS } from './journal.js';

/** Entries of a page-modification log: one page of 8-byte addresses (Intel SDM vol. 3C, 28.3.6). */
export const PML_ENTRIES = 512;

export class DirtyLog {
  readonly #entries: number;
  readonly #logs: Array<Int32Array | undefined> = [];
  readonly #length = new Int32Array(MAX_CPUS);

  constructor(entries: number) {
    this.#entries = entries;
  }

  isFull(cpu: number): boolean {
    return this.#length[cpu]! === this.#entries;
  }

  append(cpu: number, page: number): void {
    const log = (this.#logs[cpu] ??= new Int32Array(this.#entries));
    log[this.#length[cpu]!++] = page;
  }

  /** Takes the entry that was appended last; -1 where there is none. */
  take(cpu: number): number {
    const length = this.#length[cpu]!;
    return length === 0 ? -1 : this.#logs[cpu]![(this.#length[cpu] = length - 1)]!;
  }
}
