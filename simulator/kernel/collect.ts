/**
 * How strategies that read D keep it where entries are taken out. Without a struct page it would be dropped, so it is collected before: protect,
 * flush, clean into the bitmap, with writers waiting for the reservation lock (vmw_bo_dirty_pre_unmap). With one it goes to the page flag, which the
 * harvest collects; the walk over the entries that follows waits for the page-table locks, and so for the flush of every unmap.
 */
import { CARRIER, LOCK } from '../machine/codes.js';
import { type Micro, micro, Op } from '../micro-ops.js';
import { type Mutation, mutation } from '../mutations.js';
import type { ProtocolStep, StrategyCode, StrategyOptions } from '../strategies/define.js';
import { forEachMarked, forEachPart } from './object.js';
import { restrict } from './restrict.js';
import { cleaning, protecting } from './walks.js';

/** That order as a step of a protocol, and its defects; where entries can be writable and clean, looking before protecting is one. */
export function collectBeforeUnmap(...more: readonly Mutation[]): ProtocolStep {
  return {
    step: 'collect before unmap',
    summary: 'entries that will be taken out are protected, flushed, and then looked at and cleaned into the bitmap',
    mutations: [mutation('no-collect', 'coarse'), mutation('move-drops-dirty', 'coarse'), ...more],
  };
}

/** Some page of the object has a flag that D may go to. */
export function readsPageFlags({ structPages }: StrategyOptions): boolean {
  return structPages !== 'none';
}

/** Moves the flags of struct pages into the bitmap. */
export function* collectPageFlags(options: StrategyOptions): Micro {
  if (!readsPageFlags(options)) return;
  const step = 'collect dirty entries';
  const flag = CARRIER['page-flag'];
  yield* forEachMarked(options.start, step, flag, (page) => micro(Op.markMove, step, page, flag, CARRIER.bitmap));
}

/** The order of an unmap under a strategy that reads D. */
export function aroundUnmapByProtection(options: StrategyOptions): Pick<StrategyCode, 'aroundUnmap'> {
  const step = 'collect before unmap';
  const protect = { ...protecting(options), plainStore: false, step } as const;
  const clean = { ...cleaning(options, CARRIER.bitmap), plainStore: false, step } as const;
  return {
    *aroundUnmap(first, last, unmap) {
      yield micro(Op.lock, 'lock', -1, LOCK.reservation);
      const checksFirst = options.mutations.has('check-before-protect');
      for (const walk of checksFirst ? [clean, protect] : [protect, clean]) {
        yield* forEachPart(step, first, last, function* (from, to) {
          yield* restrict(options, walk, from, to);
        });
      }
      yield* unmap();
      yield micro(Op.unlock, 'lock', -1, LOCK.reservation);
    },
  };
}
