/** The state of each CPU: its TLB, whether it has run the program, where it is in an instruction, and which address space it runs. */
import { AddressSpaces } from './address-spaces.js';
import type { PageStore } from './pages.js';
import { Tlb } from './tlb.js';

export class Cpus {
  readonly tlbs: Tlb[] = [];
  /** Have run the program, and so may hold its translations. */
  readonly ran: boolean[] = [];
  /** Between the first lookup and the end of an instruction: no flush lands there now. */
  readonly inInstruction: boolean[] = [];
  /** In a fault handler: the program can be stopped only when it is done. */
  readonly inKernel: boolean[] = [];
  /** Virtual CPUs in the monitor: a flush of the guest waits for the way back, one of the host does not. */
  readonly inMonitor: boolean[] = [];
  readonly spaces = new AddressSpaces();
  readonly #shape: { readonly sets: number; readonly ways: number };
  readonly #pages: PageStore;

  constructor(shape: { readonly sets: number; readonly ways: number }, pages: PageStore) {
    this.#shape = shape;
    this.#pages = pages;
  }

  get count(): number {
    return this.tlbs.length;
  }

  add(): void {
    this.tlbs.push(new Tlb(this.#shape.sets, this.#shape.ways, this.#pages.number.length));
    this.ran.push(false);
    this.inInstruction.push(false);
    this.inKernel.push(false);
    this.inMonitor.push(false);
    this.spaces.addCpu();
  }

  /** Every TLB gets room for the page indices there are, and for so many as this gives. */
  grow(): number {
    const capacity = this.#pages.number.length;
    for (const tlb of this.tlbs) if (tlb.slotOf.length < capacity) tlb.grow(capacity);
    return capacity;
  }

  /** Entries that a CPU holds of an address space. */
  heldOf(cpu: number, space: number): number {
    const { space: spaceOf } = this.#pages;
    let held = 0;
    for (const page of this.tlbs[cpu]!.page) if (page >= 0 && spaceOf[page] === space) held++;
    return held;
  }

  /** A CPU forgets all of an address space. */
  dropSpace(cpu: number, space: number): void {
    const tlb = this.tlbs[cpu]!;
    const { space: spaceOf } = this.#pages;
    for (let slot = 0; tlb.valid > 0 && slot < tlb.page.length; slot++) {
      const page = tlb.page[slot]!;
      if (page >= 0 && spaceOf[page] === space) tlb.drop(slot);
    }
  }
}

/** Drops what a TLB holds of pages in first..last that were given up meanwhile: no walk over the object meets them. */
export function dropDiscarded(tlb: Tlb, { space, number, frame }: PageStore, first: number, last: number): void {
  for (let slot = 0; tlb.valid > 0 && slot < tlb.page.length; slot++) {
    const page = tlb.page[slot]!;
    if (page < 0 || frame[page]! >= 0 || space[page] !== space[first]) continue;
    if (number[page]! >= number[first]! && number[page]! <= number[last]!) tlb.drop(slot);
  }
}
