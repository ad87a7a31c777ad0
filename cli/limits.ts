/** Limits on costs: how much more than another trail a trail may cost, for a gate. */
import type { CostReport } from '../analyzer/index.js';

/** What can be limited, and where it stands in a cost report. */
export const COST_FIGURES = {
  overhead: (cost) => cost.ns.overhead,
  faults: (cost) => cost.faults.total,
  flushes: (cost) => cost.flushes,
  ipis: (cost) => cost.ipis,
  scanned: (cost) => cost.ptesScanned,
  reported: (cost) => cost.pagesReported,
  bytes: (cost) => cost.bytesTransferred,
  stall: (cost) => cost.stallNs.max,
} as const satisfies Record<string, (cost: CostReport) => number>;

/** Percent by figure. */
export type Limits = Readonly<Record<string, number>>;

export interface Excess {
  readonly name: string;
  readonly before: number;
  readonly after: number;
  readonly percent: number;
}

/** The figures that grew by more than they may; one that was zero may not grow at all. */
export function exceeding(before: CostReport, after: CostReport, limits: Limits): Excess[] {
  return Object.entries(limits)
    .map(([name, percent]) => {
      const figure = COST_FIGURES[name as keyof typeof COST_FIGURES];
      return { name, before: figure(before), after: figure(after), percent };
    })
    .filter(({ before: from, after: to, percent }) => to > from * (1 + percent / 100));
}
