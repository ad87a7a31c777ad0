/** What wakes a thread that has nothing to do: one word, counted up whenever something has changed that it may want to know of. */
export class Bell {
  /** As it goes to the other thread. */
  readonly word: Int32Array<SharedArrayBuffer>;

  constructor(word = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))) {
    this.word = word;
  }

  ring(): void {
    Atomics.add(this.word, 0, 1);
    Atomics.notify(this.word, 0);
  }

  /** How often it has rung: to be asked before looking for something to do. */
  get rings(): number {
    return Atomics.load(this.word, 0);
  }

  /** Waits until it has rung more often than that. */
  waitBeyond(rings: number): void {
    Atomics.wait(this.word, 0, rings);
  }
}
