/**
 * Where the events of one kind lie among the rows of a batch. Kinds come in runs, often long ones, and copying a run is ten
 * times as fast as copying its rows one by one; so a kind is kept as runs where they are long, as a list of rows where
 * they are short, and a kind that is one run is used in place.
 */

export type Column = Float64Array | Int16Array | Uint16Array | Uint8Array;

/** Runs this long on average are worth a copy of their own; measured, not sensitive. */
const LONG_RUN = 16;

export class KindRows {
  readonly count: number;
  /** Start and length of each run, or null where `#list` says each row. */
  readonly #runs: Uint32Array | null;
  readonly #list: Uint32Array;

  constructor(count: number, places: Uint32Array, asRuns: boolean) {
    this.count = count;
    this.#runs = asRuns ? places : null;
    this.#list = places;
  }

  /** The rows of `column` in place, where they are one run; null otherwise. */
  view(column: Float64Array): Float64Array | null {
    if (this.#runs?.length !== 2) return null;
    return column.subarray(this.#runs[0]!, this.#runs[0]! + this.count);
  }

  /** The rows of `column` one after the other: in place where possible, or copied into `scratch`. */
  gather(column: Column, scratch: Float64Array): Float64Array {
    const inPlace = column instanceof Float64Array ? this.view(column) : null;
    if (inPlace !== null) return inPlace;
    const runs = this.#runs;
    if (runs === null) {
      const list = this.#list;
      for (let i = 0; i < list.length; i++) scratch[i] = column[list[i]!]!;
      return scratch;
    }
    for (let i = 0, to = 0; i < runs.length; i += 2) {
      scratch.set(column.subarray(runs[i]!, runs[i]! + runs[i + 1]!), to);
      to += runs[i + 1]!;
    }
    return scratch;
  }

  /** The reverse of `gather`; does nothing where `values` is the place itself. */
  scatter(values: Float64Array, column: Column): void {
    const runs = this.#runs;
    if (runs === null) {
      const list = this.#list;
      for (let i = 0; i < list.length; i++) column[list[i]!] = values[i]!;
      return;
    }
    if (values.buffer === column.buffer) return;
    for (let i = 0, from = 0; i < runs.length; i += 2) {
      const length = runs[i + 1]!;
      column.set(values.subarray(from, from + length), runs[i]!);
      from += length;
    }
  }

  fill(value: number, column: Column): void {
    const runs = this.#runs;
    if (runs === null) {
      const list = this.#list;
      for (let i = 0; i < list.length; i++) column[list[i]!] = value;
      return;
    }
    for (let i = 0; i < runs.length; i += 2) column.fill(value, runs[i]!, runs[i]! + runs[i + 1]!);
  }

  /** The value of all its rows, or null where they differ. */
  constantOf(column: Column): number | null {
    const runs = this.#runs;
    if (runs === null) {
      const list = this.#list;
      const first = column[list[0]!]!;
      for (let i = 1; i < list.length; i++) if (column[list[i]!] !== first) return null;
      return first;
    }
    const first = column[runs[0]!]!;
    for (let i = 0; i < runs.length; i += 2) {
      if (column[runs[i]!] !== first || !isUniform(column, runs[i]!, runs[i]! + runs[i + 1]!)) return null;
    }
    return first;
  }
}

/** Whether all values of `column[from..to)` are the same bits: the bytes equal themselves one value further. */
export function isUniform(column: Column, from: number, to: number): boolean {
  const width = column.BYTES_PER_ELEMENT;
  const start = column.byteOffset + from * width;
  const bytes = Math.max(0, to - from - 1) * width;
  const here = Buffer.from(column.buffer as ArrayBuffer, start, bytes);
  return here.equals(Buffer.from(column.buffer as ArrayBuffer, start + width, bytes));
}

/** The runs of equal kinds of a chunk; the first `count` entries are in use. */
export interface Runs {
  readonly kinds: Float64Array;
  readonly lengths: Float64Array;
  readonly count: number;
}

/** Places the rows of each kind; its results live until the next call. */
export class RowPlacer {
  readonly #store: Uint32Array;
  readonly #kinds: number;

  constructor(capacity: number, kinds: number) {
    // A list takes a row each; runs are kept as runs only where they take less, but for a single one of a single row.
    this.#store = new Uint32Array(capacity + kinds);
    this.#kinds = kinds;
  }

  /** By kind: its rows, numbered as if the kinds outside of `mask` were left out; undefined for kinds left out or absent. */
  place({ kinds, lengths, count }: Runs, mask: number): Array<KindRows | undefined> {
    const events = new Uint32Array(this.#kinds);
    const runs = new Uint32Array(this.#kinds);
    for (let run = 0; run < count; run++) {
      const kind = kinds[run]!;
      events[kind]! += lengths[run]!;
      runs[kind]! += 1;
    }
    const next = new Uint32Array(this.#kinds);
    const asRuns = new Uint8Array(this.#kinds);
    const placed: Array<KindRows | undefined> = [];
    let end = 0;
    for (let kind = 0; kind < this.#kinds; kind++) {
      if (events[kind] === 0 || (mask & (1 << kind)) === 0) continue;
      asRuns[kind] = runs[kind] === 1 || events[kind]! >= LONG_RUN * runs[kind]! ? 1 : 0;
      const size = asRuns[kind] === 1 ? 2 * runs[kind]! : events[kind]!;
      next[kind] = end;
      placed[kind] = new KindRows(events[kind]!, this.#store.subarray(end, end + size), asRuns[kind] === 1);
      end += size;
    }
    this.#fill(kinds, lengths, count, mask, next, asRuns);
    return placed;
  }

  #fill(
    kinds: Float64Array,
    lengths: Float64Array,
    count: number,
    mask: number,
    next: Uint32Array,
    asRuns: Uint8Array,
  ): void {
    const store = this.#store;
    let row = 0;
    for (let run = 0; run < count; run++) {
      const kind = kinds[run]!;
      if ((mask & (1 << kind)) === 0) continue;
      const length = lengths[run]!;
      let to = next[kind]!;
      if (asRuns[kind] === 1) {
        store[to++] = row;
        store[to++] = length;
        row += length;
      } else {
        for (const end = row + length; row < end; row++) store[to++] = row;
      }
      next[kind] = to;
    }
  }
}
