/** The working set: distinct pages written in each window and each epoch, and how it grows with the size of the window. */
import { NumberColumn } from '../columns.js';
import type { StatisticDefinition } from './define.js';
import { Windows } from './window.js';
import { WorkingSetCurve, type WorkingSetOfSize } from './working-set-curve.js';

export interface WorkingSet {
  /** Distinct pages written in the whole selection. */
  readonly pages: number;
  /** The window is [from, below), in its unit. */
  readonly windows: ReadonlyArray<{ readonly from: number; readonly below: number; readonly pages: number }>;
  readonly epochs: ReadonlyArray<{ readonly epoch: number; readonly pages: number }>;
  readonly curve: readonly WorkingSetOfSize[];
}

/** Distinct pages by part of the trail: windows, or epochs. */
class DistinctPages {
  readonly #counts = new NumberColumn();
  /** By page, one more than the last part in which it was written. */
  readonly #lastPart = new NumberColumn();
  /** Parts up to the last with a write. */
  length = 0;

  add(part: number, page: number): void {
    if (this.#lastPart.get(page) === part + 1) return;
    this.#lastPart.set(page, part + 1);
    this.#counts.add(part, 1);
    if (part >= this.length) this.length = part + 1;
  }

  at(part: number): number {
    return this.#counts.get(part);
  }
}

export const workingSet: StatisticDefinition<WorkingSet> = {
  id: 'working-set',
  about: 'distinct pages written, by window, by epoch, and by size of the window',
  create(scope) {
    const windows = new DistinctPages();
    const epochs = new NumberColumn();
    const curve = new WorkingSetCurve(scope.firstNs, scope.lastNs);
    const seen = new NumberColumn();
    let pages = 0;
    let firstEpoch = 0;
    let lastEpoch = 0;
    return {
      wrote(run) {
        const { page, epoch } = run;
        if (firstEpoch === 0) firstEpoch = epoch;
        lastEpoch = epoch;
        windows.add(run.window, page);
        curve.wrote(run);
        if (!run.dirties) return;
        epochs.add(epoch - firstEpoch, 1);
        if (seen.get(page) !== 0) return;
        seen.set(page, 1);
        pages++;
      },
      finish() {
        const named = new Windows(scope.window, scope.firstNs, firstEpoch);
        return {
          pages,
          windows: Array.from({ length: windows.length }, (_, i) => ({
            from: named.from(i),
            below: named.from(i + 1),
            pages: windows.at(i),
          })),
          epochs: Array.from({ length: firstEpoch === 0 ? 0 : lastEpoch - firstEpoch + 1 }, (_, i) => ({
            epoch: firstEpoch + i,
            pages: epochs.get(i),
          })),
          curve: curve.finish(),
        };
      },
    };
  },
};
