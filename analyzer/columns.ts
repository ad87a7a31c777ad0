/** Columns by dense page or frame index that grow as the fold's tables do: what collectors keep per page without an object each. */

/** Numbers by index; 0 where nothing was set. */
export class NumberColumn {
  #values = new Float64Array(1024);

  get(index: number): number {
    return index < this.#values.length ? this.#values[index]! : 0;
  }

  set(index: number, value: number): void {
    if (index >= this.#values.length) this.#grow(index);
    this.#values[index] = value;
  }

  add(index: number, value: number): void {
    if (index >= this.#values.length) this.#grow(index);
    this.#values[index]! += value;
  }

  #grow(index: number): void {
    this.#values = widened(this.#values, new Float64Array(2 ** Math.ceil(Math.log2(index + 1))));
  }
}

/** The wider array, with the contents of the narrower one. */
export function widened<T extends { set(source: T): void }>(narrow: T, wide: T): T {
  wide.set(narrow);
  return wide;
}
