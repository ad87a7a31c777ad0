/** Reports of pages that hold nothing new. Waste, so one finding with the share; with full upload it is the price of not tracking. */
import { formatPage } from '../../base/index.js';
import { carrierMask } from '../../traces/index.js';
import { reports } from '../collectors/reports.js';
import { counted, evidence, percent } from '../finding.js';
import type { Detector } from './define.js';

const ID = 'false-dirty';
const MAPPED = carrierMask(['mapped']);

export const falseDirty: Detector = {
  id: ID,
  summary: 'pages reported dirty that hold nothing newer than the consumer has',
  counts: 'page reports',
  collectors: [reports],
  needs: ['write', 'report', 'transfer'],
  conclude({ results }) {
    const { pages, falsePages, worst } = results.facts(reports);
    if (falsePages === 0) return { count: 0, findings: [] };
    const everything = (results.end.reads & MAPPED) !== 0;
    const table = results.end.pages;
    const first = worst[0]!;
    return {
      count: falsePages,
      findings: [
        {
          id: ID,
          severity: everything ? 'info' : 'low',
          certainty: 'proved',
          page: table.page[first.index]!,
          cpu: first.cpu,
          seq: first.seq,
          summary: `${falsePages} of ${counted(pages, 'reported page')} (${percent(falsePages, pages)}) held nothing new`,
          evidence: evidence(
            ...worst.map(({ index, seq, reports: times }) => ({
              seq,
              role: `the last of ${counted(times, 'report')} of page ${formatPage(table.page[index]!)} without a new write`,
            })),
          ),
          rootCause: everything
            ? 'the consumer takes every mapped page at each harvest, written or not'
            : 'the carrier says "maybe written": it was set without a write, or the bytes had been transferred before it was cleared',
          fix: everything
            ? 'track writes, unless most pages are written in each epoch'
            : 'clear the mark right before the transfer, and mark no more than was written',
        },
      ],
    };
  },
};
