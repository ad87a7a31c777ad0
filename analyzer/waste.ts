/** Waste as ratios: what tracking did for nothing, of what it did in all. One figure each, however many pages had it. */
import { PAGE_SIZE, PAGES_PER_TABLE } from '../base/index.js';
import { faults } from './collectors/faults.js';
import { faultsOnDirty } from './collectors/faults-on-dirty.js';
import { flushWorth } from './collectors/flush-worth.js';
import { reports } from './collectors/reports.js';
import { writtenLines } from './collectors/written-lines.js';
import type { CollectorDefinition, PassResults } from './pass.js';

export interface Share {
  readonly wasted: number;
  readonly of: number;
  /** wasted / of; 0 of nothing. */
  readonly ratio: number;
}

export interface Waste {
  /** Pages that were reported and held nothing new, of those reported. */
  readonly falseDirty: Share;
  /** Acknowledged flushes that removed nothing, of all. */
  readonly excessFlushes: Share;
  /** Write-protect faults on pages that were marked already, of all such. */
  readonly excessFaults: Share;
  readonly spuriousFaults: Share;
  readonly amplification: {
    readonly bytesTransferred: number;
    /** Bytes of the distinct units that were written in each epoch, and bytes transferred per such byte (null where none was written). */
    readonly by: ReadonlyArray<{
      readonly granularityBytes: number;
      readonly bytesWritten: number;
      readonly ratio: number | null;
    }>;
  };
}

export const WASTE_COLLECTORS: ReadonlyArray<CollectorDefinition<unknown>> = [
  reports,
  flushWorth,
  faultsOnDirty,
  faults,
  writtenLines,
];

/** Of a pass with these collectors. Throws what one of them threw. */
export function wasteOf(results: PassResults): Waste {
  const told = results.facts(reports);
  const flushed = results.facts(flushWorth);
  const onDirty = results.facts(faultsOnDirty);
  const faulted = results.facts(faults);
  const { transferredBytes, lines, pages, blocks } = results.facts(writtenLines);
  const by = [
    [64, lines],
    [PAGE_SIZE, pages],
    [PAGE_SIZE * PAGES_PER_TABLE, blocks],
  ] as const;
  return {
    falseDirty: share(told.falsePages, told.pages),
    excessFlushes: share(flushed.excess, flushed.acks),
    excessFaults: share(onDirty.excess, onDirty.total),
    spuriousFaults: share(faulted.spurious, faulted.total),
    amplification: {
      bytesTransferred: transferredBytes,
      by: by.map(([granularityBytes, units]) => {
        const bytesWritten = units * granularityBytes;
        return { granularityBytes, bytesWritten, ratio: units === 0 ? null : transferredBytes / bytesWritten };
      }),
    },
  };
}

function share(wasted: number, of: number): Share {
  return { wasted, of, ratio: of === 0 ? 0 : wasted / of };
}
