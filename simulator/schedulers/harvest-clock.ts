/**
 * When a harvest is due: after the access that contains the N-th write since the last one. Writes of that access beyond the
 * N-th count for the next epoch; an access of several epochs' worth still makes one harvest.
 */
export class HarvestClock {
  readonly #every: number;
  #counted = 0;
  #sinceHarvest = 0;

  /** @param every writes per epoch; 0: never due */
  constructor(every: number) {
    this.#every = every;
  }

  /** One write event was made. */
  wrote(): void {
    this.#counted++;
    this.#sinceHarvest++;
  }

  /** Whether the access that just ended contained the N-th write. */
  due(): boolean {
    if (this.#every === 0 || this.#counted < this.#every) return false;
    this.#counted %= this.#every;
    return true;
  }

  get nothingWritten(): boolean {
    return this.#sinceHarvest === 0;
  }

  harvested(): void {
    this.#sinceHarvest = 0;
  }
}
