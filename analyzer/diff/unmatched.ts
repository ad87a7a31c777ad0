/**
 * Which writes of two trails are matched, and why the others are not. Nothing is guessed: matched and unmatched add up to the writes of
 * each side. The n-th write of a lane is matched with the n-th of that lane on the other side; where lanes are CPUs, only up to the first
 * write that is not the same.
 */
import type { Both } from './epoch-comparison.js';
import type { Find, FoundWrite, WantedWrite } from './find-writes.js';
import type { AlignmentMode, Lanes } from './lanes.js';
import type { Misalignment } from './misalignment.js';

export const UNMATCHED_REASONS = {
  'other-write': 'from here on the CPU writes something else on the other side',
  'no-such-write': 'the CPU writes less often on the other side',
  'no-such-cpu': 'the CPU writes nothing on the other side',
  'page-not-written': 'the page is not written on the other side',
  'page-written-less': 'the page is written less often on the other side',
  'no-such-page': 'the other side writes to fewer pages',
} as const;
export type UnmatchedReason = keyof typeof UNMATCHED_REASONS;

export interface Unmatched {
  readonly reason: UnmatchedReason;
  /** The same in words. */
  readonly about: string;
  readonly writes: Both<number>;
  /** CPUs or pages that they are of. */
  readonly lanes: number;
  /** The first unmatched write of some of those, where most are first. */
  readonly examples: Both<readonly FoundWrite[]>;
}

export interface Alignment {
  /** What writes are matched by: their place among those of their CPU, or of their page, pages being known by number or by order of first touch. */
  readonly by: AlignmentMode;
  /** Chosen because the writes are not the same. */
  readonly chosen: boolean;
  readonly writes: Both<number>;
  readonly matched: number;
  /** Of the matched ones, those that were compared in what they did and cost; the others lay too far apart in the two trails. */
  readonly compared: number;
  readonly unmatched: Both<number>;
  readonly reasons: readonly Unmatched[];
}

/** Lanes of which an example is given, for each reason and side. */
const EXAMPLES = 5;

interface Rest {
  readonly lane: number;
  readonly reason: UnmatchedReason;
  readonly left: Both<number>;
  /** Order of the first unmatched write, where there is one. */
  readonly from: number;
}

/** How many writes of each lane are matched. @param misalignments where lanes are CPUs, where they first differ */
export function matchedIn(lanes: Lanes, misalignments: readonly Misalignment[]): Float64Array {
  const matched = Float64Array.from({ length: lanes.length }, (_, lane) => lanes.common(lane));
  if (lanes.mode === 'write') for (const { cpu, ordinal } of misalignments) matched[cpu + 1] = ordinal - 1;
  return matched;
}

/** @param find looks writes of one side up */
export function describeAlignment(lanes: Lanes, matched: Float64Array, chosen: boolean, find: Find): Alignment {
  const writes: [number, number] = [0, 0];
  let [total, compared] = [0, 0];
  const rests = new Map<UnmatchedReason, Rest[]>();
  for (let lane = 0; lane < lanes.length; lane++) {
    const of = [lanes.writesOf(0, lane), lanes.writesOf(1, lane)] as const;
    const both = matched[lane]!;
    writes[0] += of[0];
    writes[1] += of[1];
    total += both;
    compared += Math.min(both, lanes.blindFrom(lane) - 1);
    const left = [of[0] - both, of[1] - both] as const;
    if (left[0] + left[1] === 0) continue;
    const reason = reasonOf(lanes.mode, of, left);
    const list = rests.get(reason) ?? [];
    list.push({ lane, reason, left, from: both + 1 });
    rests.set(reason, list);
  }
  const examples = examplesOf(lanes, rests, find);
  const reasons = [...rests].map(
    ([reason, list]): Unmatched => ({
      reason,
      about: UNMATCHED_REASONS[reason],
      writes: [sum(list, 0), sum(list, 1)],
      lanes: list.length,
      examples: examples.get(reason)!,
    }),
  );
  const unmatched = [writes[0] - total, writes[1] - total] as const;
  return { by: lanes.mode, chosen, writes, matched: total, compared, unmatched, reasons };
}

function reasonOf(mode: AlignmentMode, of: Both<number>, left: Both<number>): UnmatchedReason {
  const absent = of[0] === 0 || of[1] === 0;
  if (mode === 'write') {
    if (absent) return 'no-such-cpu';
    return left[0] > 0 && left[1] > 0 ? 'other-write' : 'no-such-write';
  }
  if (!absent) return 'page-written-less';
  return mode === 'page' ? 'page-not-written' : 'no-such-page';
}

function sum(list: readonly Rest[], side: 0 | 1): number {
  return list.reduce((total, { left }) => total + left[side], 0);
}

function examplesOf(
  lanes: Lanes,
  rests: ReadonlyMap<UnmatchedReason, readonly Rest[]>,
  find: Find,
): Map<UnmatchedReason, Both<readonly FoundWrite[]>> {
  const bySide = ([0, 1] as const).map((side) => {
    const chosen = [...rests].flatMap(([reason, list]) =>
      list
        .filter(({ left }) => left[side] > 0)
        .sort((x, y) => y.left[side] - x.left[side] || inOrder(lanes, side, x.lane, y.lane))
        .slice(0, EXAMPLES)
        .map(({ lane, from }) => ({ reason, wanted: wantedOf(lanes, side, lane, from) })),
    );
    const found =
      chosen.length === 0
        ? []
        : find(
            side,
            chosen.map(({ wanted }) => wanted),
          );
    return chosen.map(({ reason }, i) => ({ reason, write: found[i] ?? null }));
  });
  const of = (side: number, wanted: UnmatchedReason) =>
    bySide[side]!.flatMap(({ reason, write }) => (reason === wanted && write !== null ? [write] : []));
  return new Map([...rests.keys()].map((reason) => [reason, [of(0, reason), of(1, reason)] as const]));
}

/** Lanes by the number of their page; those that have none by their own. */
function inOrder(lanes: Lanes, side: 0 | 1, x: number, y: number): number {
  const [a, b] = [lanes.pageOf(side, x), lanes.pageOf(side, y)];
  return a === null || b === null ? x - y : a.space - b.space || a.page - b.page;
}

/** How to find a write of a lane. */
export function wantedOf(lanes: Lanes, side: 0 | 1, lane: number, order: number): WantedWrite {
  const page = lanes.pageOf(side, lane);
  return page === null ? { cpu: lane - 1, order } : { ...page, order };
}
