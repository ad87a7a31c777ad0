/**
 * Which run is better than which. The order is by one criterion, then by the others that matter, then as asked for, so that it never depends
 * on chance; runs whose consumer does not get everything come last. The Pareto front are those that nobody beats in everything.
 */
import { type CriterionId, type Figures } from './criteria.js';

export interface Rankable {
  readonly figures: Figures;
  /** Reasons not to use it whatever it costs. */
  readonly marks: readonly unknown[];
}

/** What the front is about. */
export const FRONT = ['overhead', 'bytes', 'lag'] as const satisfies readonly CriterionId[];

/** The runs, best first. */
export function ranked<Run extends Rankable>(runs: readonly Run[], by: CriterionId): Run[] {
  const order = [by, ...FRONT];
  return [...runs].sort((a, b) => {
    const marked = Number(a.marks.length > 0) - Number(b.marks.length > 0);
    if (marked !== 0) return marked;
    for (const criterion of order) {
      const difference = a.figures[criterion] - b.figures[criterion];
      if (difference !== 0) return difference;
    }
    return 0; // sort is stable: as asked for
  });
}

/**
 * The points that no other one dominates, which is to be at most as large everywhere and smaller somewhere. In lexicographic order a point can be
 * dominated by an earlier one only, and then by one of the front so far.
 */
export function paretoFront(points: ReadonlyArray<readonly number[]>): Set<number> {
  const order = points.map((_, index) => index).sort((a, b) => lexicographic(points[a]!, points[b]!));
  const front: number[] = [];
  for (const index of order) if (!front.some((other) => dominates(points[other]!, points[index]!))) front.push(index);
  return new Set(front);
}

function dominates(a: readonly number[], b: readonly number[]): boolean {
  return a.every((value, i) => value <= b[i]!) && a.some((value, i) => value < b[i]!);
}

function lexicographic(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at < 0 ? 0 : a[at]! - b[at]!;
}
