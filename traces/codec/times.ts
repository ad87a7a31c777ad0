/**
 * Times in a chunk. Program time of an access is a column of differences like any other. Event time then says little that
 * is new: it is program time plus the *lag* that tracking overhead has caused on that CPU so far, and the lag changes
 * only when overhead happens. So an access stores the change of its CPU's lag (0 nearly always, a constant column), and
 * every other event the time since the event before it, of whatever kind. Where program time lies after event time
 * (sources that give odd clocks) an access falls back to the latter too.
 */
import { bounded, MEANS_LAG_CHANGE, packColumn, packConstant, unpackColumn } from './columns.js';
import { putSigned, type VarintCursor } from './varints.js';

/** Times are integers of at most this many ns. */
export const TIME_LIMIT = Number.MAX_SAFE_INTEGER;

/** Lag by CPU while one group is coded; forgets only what it has seen, so that a group costs nothing to start. */
export class LagTable {
  readonly #lag = new Float64Array(0x1_0000);
  readonly #known = new Uint8Array(0x1_0000);
  readonly #seen: number[] = [];

  /** The change against the last lag of that CPU, or against `base` where it has none. */
  change(cpu: number, lag: number, base: number): number {
    const key = cpu & 0xffff;
    const last = this.#known[key] === 1 ? this.#lag[key]! : base;
    this.#keep(key, lag);
    return lag - last;
  }

  /** The lag that this change leads to. */
  apply(cpu: number, change: number, base: number): number {
    const key = cpu & 0xffff;
    const lag = (this.#known[key] === 1 ? this.#lag[key]! : base) + change;
    this.#keep(key, lag);
    return lag;
  }

  reset(): void {
    for (const key of this.#seen) this.#known[key] = 0;
    this.#seen.length = 0;
  }

  #keep(key: number, lag: number): void {
    if (this.#known[key] === 0) {
      this.#known[key] = 1;
      this.#seen.push(key);
    }
    this.#lag[key] = lag;
  }
}

/**
 * Packs event times of accesses as lag: tag, signed lag of the first row, then the changes as a column of their own.
 * Uses `scratch`.
 * @param cpus null where there is only one
 * @returns the position behind, or 0 where program time lies after event time
 */
export function packLag(
  out: Uint8Array,
  at: number,
  times: Float64Array,
  programs: Float64Array,
  cpus: Float64Array | null,
  count: number,
  table: LagTable,
  scratch: Float64Array,
): number {
  const base = times[0]! - programs[0]!;
  let i = 1;
  while (i < count && times[i]! - programs[i]! === base) i++;
  if (base < 0) return 0;
  if (i === count) {
    out[at] = MEANS_LAG_CHANGE;
    return packConstant(out, putSigned(out, at + 1, base), 0);
  }
  let least = 0;
  let last = base;
  for (i = 0; i < count; i++) {
    const lag = times[i]! - programs[i]!;
    if (lag < least) least = lag;
    scratch[i] = cpus === null ? lag - last : table.change(cpus[i]!, lag, base);
    last = lag;
  }
  table.reset();
  if (least < 0) return 0;
  out[at] = MEANS_LAG_CHANGE;
  return packColumn(out, putSigned(out, at + 1, base), scratch, count, false);
}

/** Unpacks what `packLag` wrote, its tag already read: program time and lag added up go into `times`. */
export function unpackLag(
  cursor: VarintCursor,
  times: Float64Array,
  programs: Float64Array,
  cpus: Float64Array | null,
  count: number,
  table: LagTable,
): void {
  const base = bounded(cursor.signed(), 0, TIME_LIMIT);
  unpackColumn(cursor, cursor.byte(), times, count, -TIME_LIMIT, TIME_LIMIT);
  let least = 0;
  let most = 0;
  let lag = base;
  for (let i = 0; i < count; i++) {
    const change = times[i]!;
    lag = cpus === null ? lag + change : table.apply(cpus[i]!, change, base);
    const time = programs[i]! + lag;
    if (time < least) least = time;
    if (time > most) most = time;
    times[i] = time;
  }
  table.reset();
  bounded(least, 0, TIME_LIMIT);
  bounded(most, 0, TIME_LIMIT);
}
