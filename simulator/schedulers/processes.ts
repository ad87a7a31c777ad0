/** Which address space an access is made in: that of its process, where the object can be shared; otherwise there is one. */
import type { Machine } from '../machine/machine.js';

export class Processes {
  /** More than one process maps the object, so a CPU's address space must be looked at. */
  several: boolean;
  readonly #machine: Machine;
  readonly #mms: number;
  /** The mapping is one that a forked process shares. */
  readonly shared: boolean;

  /** @param shared the mapping is a shared one of a process, not private and not a guest's */
  constructor(machine: Machine, mms: number, shared: boolean) {
    this.#machine = machine;
    this.#mms = mms;
    this.shared = shared;
    this.several = mms > 1;
  }

  /** The space of a process; CPUs run the processes in turn where the source names none. A process not heard of before maps the object now. */
  spaceOf(process: number, cpu: number): number {
    if (!this.shared) return 0;
    const space = process === 0 ? cpu % this.#mms : process;
    while (space >= this.#machine.spaceCount) this.#machine.addSpace();
    this.refresh();
    return space;
  }

  /** To be called when a fork may have made a process. */
  refresh(): void {
    this.several = this.#machine.spaceCount > 1;
  }
}
