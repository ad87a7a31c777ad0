/**
 * Dirty logging by a monitor, as KVM does it (virt/kvm/kvm_main.c): a bitmap is filled as the second stage lets pages be written; a round takes a
 * snapshot of it, arms the pages of the snapshot again, flushes every virtual CPU, and only then are the bytes read. Whatever is marked while the round
 * runs stays in the bitmap for the next.
 */
import { CARRIER, LOCK } from '../machine/codes.js';
import { type Micro, micro, Op } from '../micro-ops.js';
import { type Mutation, mutation } from '../mutations.js';
import { type ProtocolStep, type StrategyOptions, TRANSFER } from '../strategies/define.js';
import type { RangeWalk } from '../walk-specification.js';
import { clearMarks, consumeMarked, transfer, transferMarked } from './consume.js';
import { forEachMarked, forEachRun } from './object.js';
import { rangeWalk } from './range-walk.js';
import { flushEntries } from './restrict.js';

const { bitmap: BITMAP, snapshot: SNAPSHOT } = CARRIER;
/** Pages that KVM_CLEAR_DIRTY_LOG takes at once: the bits of a word. */
export const CLEAR_GROUP_PAGES = 64;

/** Defects that not every strategy can have in a step that all share. */
export interface LogDefects {
  /** Where a mark can be made, or not, while the bitmap is taken. */
  readonly snapshot?: readonly Mutation[];
  readonly flush?: readonly Mutation[];
}

/** The steps of a round, which differ in what arming is. */
export function logSteps(arming: ProtocolStep, defects: LogDefects = {}): readonly ProtocolStep[] {
  const { snapshot = [], flush = [] } = defects;
  return [
    { step: 'snapshot', summary: 'the bits are taken from the bitmap into a snapshot', mutations: snapshot },
    arming,
    {
      step: 'flush',
      summary: 'every virtual CPU drops what it has cached',
      mutations: [mutation('no-flush', 'coarse'), mutation('flush-first', 'fine'), ...flush],
    },
    {
      step: 'consume',
      summary: 'the pages of the snapshot are reported, after the flush',
      mutations: [mutation('transfer-first', 'fine')],
    },
    TRANSFER,
  ];
}

/** Moves the marks of every page from one carrier to another. */
export function moveMarks({ start }: StrategyOptions, from: number, to: number): Micro {
  const step = 'snapshot bitmap';
  return forEachMarked(start, step, from, (page) => micro(Op.markMove, step, page, from, to));
}

/** Arms every run of pages with the carrier; gives the outermost pages armed, -1 where there were none. */
export function* armMarked(
  { start }: StrategyOptions,
  arming: RangeWalk,
  carrier: number,
): Micro<{ readonly first: number; readonly last: number }> {
  const armed = { first: -1, last: -1 };
  yield* forEachRun(start, arming.step, carrier, function* (from, to) {
    const { changed, first, last } = yield* rangeWalk(arming, from, to);
    if (changed === 0) return;
    if (armed.first < 0) armed.first = first;
    armed.last = last;
  });
  return armed;
}

/** A whole round: KVM_GET_DIRTY_LOG and the copying after it. */
export function* logRound(options: StrategyOptions, arming: RangeWalk): Micro {
  const { mutations, cost, start } = options;
  const upload = cost('upload4k');
  const noFlush = mutations.has('no-flush');
  const flushFirst = mutations.has('flush-first') && !noFlush;
  const arms = !mutations.has('no-rearm');
  if (mutations.has('transfer-first')) yield* transferMarked(options, BITMAP, upload);
  yield micro(Op.lock, 'lock', -1, LOCK.mmu);
  if (flushFirst) {
    const first = yield micro(Op.nextRun, 'flush', start, BITMAP);
    if (first >= 0) yield* flushEntries(options, first, first);
  }
  const early = mutations.has('protect-before-swap');
  if (!early) yield* moveMarks(options, BITMAP, SNAPSHOT);
  const armed = arms ? yield* armMarked(options, arming, early ? BITMAP : SNAPSHOT) : { first: -1, last: -1 };
  if (early) yield* moveMarks(options, BITMAP, SNAPSHOT);
  yield micro(Op.unlock, 'lock', -1, LOCK.mmu);
  if (!noFlush && !flushFirst) yield* flushArmed(options, armed.first, armed.last);
  yield* mutations.has('transfer-first') ? clearMarks(options, SNAPSHOT) : consumeMarked(options, SNAPSHOT, upload);
}

/**
 * Flushes what a round armed. In a shadow table a guest's INVLPG may have taken a writable entry out before the walk came to it, and not every virtual
 * CPU has made that flush yet: it is owed where the walk found nothing to do, too (KVM counts such entries in tlbs_dirty).
 */
function* flushArmed(options: StrategyOptions, first: number, last: number): Micro {
  if (first >= 0) return yield* flushEntries(options, first, last);
  if (!options.sharesTable || options.mutations.has('skip-owed-flush')) return;
  const taken = yield micro(Op.nextRun, 'flush', options.start, SNAPSHOT);
  if (taken >= 0) yield* flushEntries(options, taken, taken);
}

/**
 * The same with KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2: the bitmap is copied and left as it is; each group of pages is cleared, armed and flushed
 * just before it is copied, so fewer are dirtied again in between.
 */
export function* manualRound(options: StrategyOptions, arming: RangeWalk): Micro {
  const { cost, start } = options;
  const step = 'snapshot bitmap';
  yield* forEachMarked(start, step, BITMAP, (page) => micro(Op.markSet, step, page, SNAPSHOT));
  yield* forEachRun(start, 'consume mark', SNAPSHOT, function* (first, last) {
    for (let from = first; from >= 0; ) {
      const to = yield micro(Op.tableEnd, 'consume mark', from, CLEAR_GROUP_PAGES, last);
      yield* clearGroup(options, arming, from, to);
      yield micro(Op.report, 'report', from, 0, to);
      yield micro(Op.markClear, 'consume mark', from, SNAPSHOT, to);
      yield* transfer(options, from, to, cost('upload4k'));
      from = yield micro(Op.nextEntry, 'consume mark', to, 0, last);
    }
  });
}

/** KVM_CLEAR_DIRTY_LOG for one group. */
function* clearGroup(options: StrategyOptions, arming: RangeWalk, first: number, last: number): Micro {
  const { mutations } = options;
  yield micro(Op.lock, 'lock', -1, LOCK.mmu);
  yield micro(Op.markClear, 'consume mark', first, BITMAP, last);
  const armed = mutations.has('no-rearm') ? { changed: 0, first, last } : yield* rangeWalk(arming, first, last);
  yield micro(Op.unlock, 'lock', -1, LOCK.mmu);
  if (armed.changed > 0 && !mutations.has('no-flush')) yield* flushEntries(options, armed.first, armed.last);
}
