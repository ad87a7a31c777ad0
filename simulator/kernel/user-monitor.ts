/**
 * Tracking by a user-space fault handler: it keeps a list of written pages, lets each page be written when it first faults, and
 * takes the right away again at the harvest. List and protection change under the handler's own lock; without it a page could
 * become writable after the harvest has taken it from the list.
 */
import { PTE_ACCESSED, PTE_DIRTY, PTE_PRESENT, PTE_WRITABLE } from '../../traces/index.js';
import { CARRIER, LOCK } from '../machine/codes.js';
import { type Micro, micro, Op } from '../micro-ops.js';
import type { StrategyCode, StrategyOptions } from '../strategies/define.js';
import type { RangeWalk } from '../walk-specification.js';
import { clearMarks, consumeMarked, transferMarked } from './consume.js';
import { mapOnFault, upgradeEntry } from './faults.js';
import { flushRange } from './flush.js';
import { forEachMarkedInterval } from './object.js';
import { rangeWalk } from './range-walk.js';

const WRITTEN = PTE_WRITABLE | PTE_DIRTY | PTE_ACCESSED;

export interface MonitorProtocol {
  /** Takes the right to write from a range again. */
  readonly rearm: RangeWalk;
  /** Re-arm run by run of listed pages; otherwise the whole interval from the first to the last at once. */
  readonly byRuns: boolean;
  /** Logical flag that arms an entry besides a missing W; 0: none. */
  readonly armedFlag: number;
  /** The kernel flushes the page when the right to write is given. */
  readonly flushOnFault: boolean;
}

export function userMonitorProtocol(options: StrategyOptions, protocol: MonitorProtocol): StrategyCode {
  const { mutations, cost } = options;
  const { armedFlag, flushOnFault } = protocol;
  const noFlush = mutations.has('no-flush');
  const flushFirst = mutations.has('flush-first');
  const transferFirst = mutations.has('transfer-first');
  const upload = cost('upload4k');

  function* rearmRange(first: number, last: number): Micro {
    if (flushFirst && !noFlush) yield* flushRange(first, last, 'harvest');
    const { changed, first: from, last: to } = yield* rangeWalk(protocol.rearm, first, last);
    if (changed > 0 && !noFlush && !flushFirst) yield* flushRange(from, to, 'harvest');
  }

  function* rearm(): Micro {
    const step = 're-arm entries';
    if (protocol.byRuns) {
      for (let first = yield micro(Op.nextRun, step, -1, CARRIER['fault-list']); first >= 0; ) {
        const last = yield micro(Op.runEnd, step, first, CARRIER['fault-list']);
        yield* rearmRange(first, last);
        first = yield micro(Op.nextRun, step, last, CARRIER['fault-list']);
      }
      return;
    }
    yield* forEachMarkedInterval(step, CARRIER['fault-list'], rearmRange);
  }

  return {
    mappedFlags: PTE_PRESENT | armedFlag,
    notPresentFault: (page) => mapOnFault(page, PTE_PRESENT | armedFlag),
    *writeFault(page) {
      yield micro(Op.lock, 'lock', -1, LOCK.monitor);
      yield micro(Op.markSet, 'monitor resolves fault', page, CARRIER['fault-list']);
      yield* upgradeEntry(page, WRITTEN, armedFlag);
      if (flushOnFault) yield* flushRange(page, page, 'fault');
      yield micro(Op.unlock, 'lock', -1, LOCK.monitor);
    },
    *harvest() {
      yield micro(Op.harvestBegin, 'harvest');
      yield micro(Op.lock, 'lock', -1, LOCK.monitor);
      if (transferFirst) yield* transferMarked(CARRIER['fault-list'], upload);
      yield* rearm();
      yield* transferFirst ? clearMarks(CARRIER['fault-list']) : consumeMarked(CARRIER['fault-list'], upload);
      yield micro(Op.unlock, 'lock', -1, LOCK.monitor);
      yield micro(Op.harvestEnd, 'harvest');
    },
  };
}
