/** Sources that leave something out: one access, or one harvest, with every other harvest where it was. */
import { PAGE_SIZE } from '../../base/index.js';
import type { AccessSource } from '../../recorder/index.js';
import { ACCESS_COLUMNS, AccessBatch, AccessKind } from '../../simulator/index.js';

/** One access of a trail. */
export interface WantedAccess {
  readonly cpu: number;
  /** A page that it touches. */
  readonly page: number;
  /** Program time at which it is made, ns. */
  readonly programNs: number;
}

/** What a source is without something. The harvests of the clock become operations, so that they stay where they are. */
export function lacking(
  source: AccessSource,
  { every, access, harvest }: { readonly every: number; readonly access?: WantedAccess; readonly harvest?: number },
): AccessSource {
  const read = new AccessBatch(4096);
  let counted = 0;
  let harvests = 0;
  let row = 0;
  const isOut = (at: number) => {
    if (access === undefined || read.kind[at]! >= AccessKind.unmap) return false;
    const first = read.page[at]!;
    const last = first + Math.floor((read.offset[at]! + read.size[at]! - 1) / PAGE_SIZE);
    const isThere = access.page >= first && access.page <= last;
    return isThere && read.program[at] === access.programNs && (access.cpu < 0 || read.cpu[at] === access.cpu);
  };
  const put = (batch: AccessBatch, at: number) => {
    const to = batch.length++;
    for (const name of ACCESS_COLUMNS) batch[name][to] = read[name][at]!;
  };
  const putHarvest = (batch: AccessBatch, at: number) => {
    put(batch, at);
    const to = batch.length - 1;
    batch.kind[to] = AccessKind.harvest;
    batch.page[to] = -1;
    batch.offset[to] = batch.size[to] = 0;
  };
  /** Whether the clock makes a harvest due with that access. */
  const isDue = (at: number) => {
    const kind = read.kind[at]!;
    if (kind === AccessKind.load || kind >= AccessKind.unmap) return false;
    counted += 1 + Math.floor((read.offset[at]! + read.size[at]! - 1) / PAGE_SIZE);
    if (every === 0 || counted < every) return false;
    counted %= every;
    return true;
  };
  return {
    meta: source.meta,
    ...(source.objectPages !== undefined && { objectPages: source.objectPages }),
    skipped: source.skipped,
    get programNs() {
      return source.programNs;
    },
    get failure() {
      return source.failure;
    },
    get progress() {
      return source.progress;
    },
    async fill(batch) {
      const before = batch.length;
      while (batch.length === before) {
        if (row === read.length) {
          read.length = row = 0;
          if ((await source.fill(read)) === 0) return 0;
        }
        // An access may bring a harvest along.
        for (; row < read.length && batch.length + 2 <= batch.capacity; row++) {
          const isHarvest = read.kind[row] === AccessKind.harvest;
          if (isHarvest) harvests++;
          if (!isOut(row) && !(isHarvest && harvests === harvest)) put(batch, row);
          if (isDue(row) && ++harvests !== harvest) putHarvest(batch, row);
        }
      }
      return batch.length - before;
    },
    close: () => source.close(),
  };
}
