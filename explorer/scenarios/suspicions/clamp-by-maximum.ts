/**
 * Two resources lie in one buffer object, each with pages of its own, and each takes the marks of its pages when it is used. The loop that takes them ends at the
 * larger of the resource's end and that of the dirty interval where it means the smaller: the marks of the other resource's pages go, and its pages stay.
 */
import { PTE_WRITABLE } from '../../../traces/index.js';
import {
  CARRIER,
  FIRST_FREE_VARIABLE,
  flushRange,
  LOCK,
  type Micro,
  Op,
  upgradeEntry,
  WRITTEN,
} from '../../../simulator/index.js';
import { actions } from '../../actions.js';
import { round } from '../../rounds.js';
import type { ScenarioDefinition, Stage } from '../../scenario.js';

const { act, names } = actions('widen interval', 'protect entry', 'look at interval', 'take mark', 'narrow interval');

const BITMAP = CARRIER.bitmap;
/** The dirty interval of the object: its first page, and the one behind its last. */
const START = FIRST_FREE_VARIABLE;
const END = FIRST_FREE_VARIABLE + 1;
const PAGES = 2;

export const clampByMaximum: ScenarioDefinition = {
  id: 'clamp-by-maximum',
  summary:
    'a resource takes the marks of its pages up to the end of the dirty interval, those of its neighbour included',
  year: 2026,
  reference: 'Linux, vmw_bo_dirty_transfer_to_res of vmwgfx_page_dirty.c; mended in 2026 (Zack Rusin)',
  kind: 'suspicion',
  variants: ['buggy', 'fixed'],
  expects: 'lost-write',
  guilty: { actor: 'driver', step: 'take mark', how: 'wrong' },
  architectures: ['x86-64'],
  setting: (variant, arch) => {
    const clamp = variant === 'buggy' ? Math.max : Math.min;
    return {
      machine: { strategy: 'pfn-mkwrite', arch },
      pages: PAGES,
      steps: names,
      variables: ['start', 'end'],
      handlers: (stage) => ({
        *writeFault(page) {
          yield act(Op.lock, 'lock', -1, LOCK.reservation);
          yield act(Op.markSet, 'mark page', page, BITMAP);
          yield* widen(page === stage.page(0) ? 0 : 1);
          yield* upgradeEntry(page, WRITTEN);
          yield act(Op.unlock, 'lock', -1, LOCK.reservation);
        },
      }),
      actors: (stage) => [
        { name: 'cpu0', does: [stage.store(0), stage.store(1)] },
        {
          name: 'driver',
          role: 'harvest',
          does: [
            { label: 'use resource A, of page 0', code: () => round(use(stage, 0, 1, clamp)) },
            { label: 'use resource B, of page 1', code: () => round(use(stage, 1, 2, clamp)) },
          ],
        },
      ],
      assumes: [
        'a mark is made and its entry becomes writable under the reservation lock, which a scan and a transfer take, too',
        'of the pages whose marks it takes a resource uploads its own',
      ],
    };
  },
};

function* widen(at: number): Micro {
  const start = yield act(Op.recall, 'widen interval', -1, START);
  const end = yield act(Op.recall, 'widen interval', -1, END);
  const empty = start >= end;
  yield act(Op.remember, 'widen interval', -1, START, empty ? at : Math.min(start, at));
  yield act(Op.remember, 'widen interval', -1, END, empty ? at + 1 : Math.max(end, at + 1));
}

/** A scan of the object, and a transfer to the resource of the pages first..past-1. */
function* use(stage: Stage, first: number, past: number, clamp: (a: number, b: number) => number): Micro {
  yield act(Op.lock, 'lock', -1, LOCK.reservation);
  for (let at = 0; at < PAGES; at++) {
    const page = stage.page(at);
    if ((yield act(Op.pteChange, 'protect entry', page, PTE_WRITABLE, 0)) & PTE_WRITABLE)
      yield* flushRange(page, page, 'harvest');
  }
  yield* transferTo(stage, first, past, clamp);
  yield act(Op.unlock, 'lock', -1, LOCK.reservation);
}

/** vmw_bo_dirty_transfer_to_res. */
function* transferTo(stage: Stage, first: number, past: number, clamp: (a: number, b: number) => number): Micro {
  const start = yield act(Op.recall, 'look at interval', -1, START);
  const end = yield act(Op.recall, 'look at interval', -1, END);
  if (first >= end || past <= start) return;
  const until = clamp(past, end);
  for (let at = Math.max(first, start); at < until; at++) {
    const page = stage.page(at);
    if (!(yield act(Op.markMove, 'take mark', page, BITMAP, -1))) continue;
    if (at >= past) continue;
    yield act(Op.report, 'report', page);
    yield act(Op.transfer, 'transfer', page);
  }
  if (first <= start && until > start) yield act(Op.remember, 'narrow interval', -1, START, until);
  if (first < end && until >= end) yield act(Op.remember, 'narrow interval', -1, END, first);
}
