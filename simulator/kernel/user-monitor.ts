/**
 * Tracking by a user-space fault handler: it keeps a list of written pages, lets each page be written when it first faults, and
 * takes the right away again at the harvest. List and protection change under the handler's own lock; without it a page could
 * become writable after the harvest has taken it from the list.
 */
import { PTE_PRESENT } from '../../traces/index.js';
import { CARRIER, LOCK } from '../machine/codes.js';
import { type Micro, micro, Op } from '../micro-ops.js';
import { mutation } from '../mutations.js';
import { NOTIFY, type ProtocolStep, type StrategyCode, type StrategyOptions, TRANSFER } from '../strategies/define.js';
import type { RangeWalk } from '../walk-specification.js';
import { clearMarks, consumeMarked, transferMarked } from './consume.js';
import { mapOnFault, upgradeEntry, WRITTEN } from './faults.js';
import { flushRange } from './flush.js';
import { forEachMarkedInterval, forEachPart, forEachRun } from './object.js';
import { restrict } from './restrict.js';

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

/** @param arming what takes the right to write away, in words */
export function userMonitorSteps(arming: string): readonly ProtocolStep[] {
  return [
    {
      step: 'list',
      summary: 'the handler lists the page and lets it be written, under a lock of its own that the harvest takes too',
      mutations: [mutation('no-mark', 'coarse')],
    },
    NOTIFY,
    { step: 'arm', summary: arming, mutations: [mutation('no-rearm', 'coarse')] },
    {
      step: 'flush',
      summary: 'the kernel flushes the range before the call returns',
      mutations: [mutation('no-flush', 'coarse'), mutation('flush-first', 'fine')],
    },
    {
      step: 'consume',
      summary: 'listed pages are reported and taken from the list, after they were armed',
      mutations: [mutation('transfer-first', 'fine')],
    },
    TRANSFER,
  ];
}

export function userMonitorProtocol(options: StrategyOptions, protocol: MonitorProtocol): StrategyCode {
  const { mutations, cost, start } = options;
  const { armedFlag, flushOnFault } = protocol;
  const transferFirst = mutations.has('transfer-first');
  const upload = cost('upload4k');
  const step = 're-arm entries';

  function* rearmRange(first: number, last: number): Micro {
    yield* restrict(options, protocol.rearm, first, last);
  }

  function rearm(): Micro {
    if (!protocol.byRuns) return forEachMarkedInterval(start, step, CARRIER['fault-list'], rearmRange);
    return forEachRun(start, step, CARRIER['fault-list'], (first, last) => forEachPart(step, first, last, rearmRange));
  }

  return {
    mappedFlags: PTE_PRESENT | armedFlag,
    notPresentFault: (page) => mapOnFault(page, PTE_PRESENT | armedFlag),
    *writeFault(page) {
      yield micro(Op.lock, 'lock', -1, LOCK.monitor);
      if (!mutations.has('no-mark')) yield micro(Op.markSet, 'monitor resolves fault', page, CARRIER['fault-list']);
      yield* upgradeEntry(page, WRITTEN, armedFlag);
      if (flushOnFault) yield* flushRange(page, page, 'fault');
      yield micro(Op.unlock, 'lock', -1, LOCK.monitor);
    },
    *harvest() {
      yield micro(Op.lock, 'lock', -1, LOCK.monitor);
      if (transferFirst) yield* transferMarked(options, CARRIER['fault-list'], upload);
      if (!mutations.has('no-rearm')) yield* rearm();
      yield* transferFirst
        ? clearMarks(options, CARRIER['fault-list'])
        : consumeMarked(options, CARRIER['fault-list'], upload);
      yield micro(Op.unlock, 'lock', -1, LOCK.monitor);
    },
  };
}
