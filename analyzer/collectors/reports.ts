/** What the consumer was told, and how much of it was news: a report is false where the page's frame holds nothing newer than captured. */
import { report } from '../../traces/index.js';
import { seqOf } from '../../replayer/index.js';
import { NumberColumn } from '../columns.js';
import type { CollectorDefinition } from '../pass.js';

/** Pages that are named. */
const EXAMPLES = 5;

export interface FalseReports {
  /** Index into the fold's pages. */
  readonly index: number;
  readonly reports: number;
  /** The last of them. */
  readonly seq: number;
  readonly cpu: number;
}

export interface Reports {
  /** Pages reported, each as often as it was. */
  readonly pages: number;
  readonly falsePages: number;
  /** The pages reported falsely most often, the worst first. */
  readonly worst: readonly FalseReports[];
}

export const reports: CollectorDefinition<Reports> = {
  id: 'reports',
  create() {
    const falseReports = new NumberColumn();
    const lastSeq = new NumberColumn();
    const lastCpu = new NumberColumn();
    let pages = 0;
    let falsePages = 0;
    return {
      on: {
        report(batch, row, fold) {
          const count = batch.slots[report.slot.pages]![row]!;
          pages += count;
          fold.pages.forRange(batch.space[row]!, batch.page[row]!, count, (index) => {
            if (fold.isStale(index)) return;
            falsePages++;
            falseReports.add(index, 1);
            lastSeq.set(index, seqOf(batch, row));
            lastCpu.set(index, batch.cpu[row]!);
          });
        },
      },
      finish(end) {
        const worst: FalseReports[] = [];
        for (let index = 0; index < end.pages.count; index++) {
          const reported = falseReports.get(index);
          if (reported === 0 || (worst.length === EXAMPLES && worst[EXAMPLES - 1]!.reports >= reported)) continue;
          worst.push({ index, reports: reported, seq: lastSeq.get(index), cpu: lastCpu.get(index) });
          worst.sort((a, b) => b.reports - a.reports || a.index - b.index);
          worst.length = Math.min(worst.length, EXAMPLES);
        }
        return { pages, falsePages, worst };
      },
    };
  },
};
