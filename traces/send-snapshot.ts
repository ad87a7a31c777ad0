/** A snapshot in memory, as one that is stored: handed out to a sink, or to be stored after another. */
import { type CheckpointState, PAGE_COLUMNS, PAGE_GONE, PageRows, type StateSink } from './page-rows.js';
import { type MachineSnapshot, rowFrom } from './snapshot.js';

export function sendSnapshot(snapshot: MachineSnapshot, sink: StateSink): void {
  const { pages, shared } = split(snapshot);
  sink.begin(snapshot);
  sink.pages(pages);
  sink.frames(shared);
  sink.tlbs(snapshot.tlbs);
}

/** The snapshot as what changed since the one before; null for the first. */
export function changesSince(before: MachineSnapshot | null, snapshot: MachineSnapshot): CheckpointState {
  const { seq, timeNs, harvests, harvesting, reads, tlbs } = snapshot;
  const { pages, shared } = split(snapshot);
  const old = before === null ? new PageRows(0) : split(before).pages;
  const changed = difference(old, pages);
  const told = (column: Float64Array, none: number) =>
    changed.page.map((page, row) => column[rowOf(old, changed.space[row]!, page)] ?? none);
  return {
    seq,
    timeNs,
    harvests,
    harvesting,
    reads,
    shared,
    tlbs,
    changed,
    before: { frame: told(old.frame, PAGE_GONE), generation: told(old.generation, 0) },
  };
}

/** Pages with the frames that are theirs alone, and the other frames. */
function split({ pages, frames }: MachineSnapshot): { pages: PageRows; shared: MachineSnapshot['frames'] } {
  const rows = new PageRows(pages.page.length);
  const isOwn = new Uint8Array(frames.frame.length);
  for (const name of ['space', 'page', 'frame', 'pteLow', 'pteHigh', 'marks'] as const) rows[name].set(pages[name]);
  for (let row = 0; row < rows.rows; row++) {
    const number = rows.frame[row]!;
    const at = number < 0 ? -1 : lowerBound(frames.frame, number);
    // Of two frames with one number it would not be known whose they are.
    if (at < 0 || frames.frame[at] !== number || frames.mappers[at] !== 1 || frames.frame[at + 1] === number) continue;
    isOwn[at] = 1;
    rows.own[row] = 1 + frames.memory[at]!;
    for (const name of ['generation', 'captured', 'cached'] as const) rows[name][row] = frames[name][at]!;
  }
  const isShared = (_: number, row: number) => isOwn[row] === 0;
  return {
    pages: rows,
    shared: {
      frame: frames.frame.filter(isShared),
      generation: frames.generation.filter(isShared),
      captured: frames.captured.filter(isShared),
      cached: frames.cached.filter(isShared),
      memory: frames.memory.filter(isShared),
      mappers: frames.mappers.filter(isShared),
    },
  };
}

function lowerBound(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Rows of `after` that are not in `before`, and those of `before` whose page is gone. */
function difference(before: PageRows, after: PageRows): PageRows {
  const changed: number[] = [];
  for (let row = 0; row < after.rows; row++) {
    const old = rowOf(before, after.space[row]!, after.page[row]!);
    if (old < 0 || PAGE_COLUMNS.some((name) => before[name][old] !== after[name][row])) changed.push(row);
  }
  const gone: number[] = [];
  for (let row = 0; row < before.rows; row++) {
    if (rowOf(after, before.space[row]!, before.page[row]!) < 0) gone.push(row);
  }
  const places = [...changed.map((row) => [after, row] as const), ...gone.map((row) => [before, row] as const)];
  places.sort(([a, i], [b, j]) => a.space[i]! - b.space[j]! || a.page[i]! - b.page[j]!);
  const out = new PageRows(places.length);
  for (const [to, [from, row]] of places.entries()) {
    if (from === after) for (const name of PAGE_COLUMNS) out[name][to] = from[name][row]!;
    else [out.space[to], out.page[to], out.frame[to]] = [from.space[row]!, from.page[row]!, PAGE_GONE];
  }
  return out;
}

function rowOf({ space, page, rows }: PageRows, ofSpace: number, number: number): number {
  const row = rowFrom(space, page, ofSpace, number);
  return row < rows && space[row] === ofSpace && page[row] === number ? row : -1;
}
