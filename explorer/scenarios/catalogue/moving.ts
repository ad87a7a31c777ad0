/**
 * mremap moves an entry while the old place is still cached: what the scenarios about move_ptes have in common. Page 0 is the old place, its alias the new
 * one; both are of one frame. A flush is by address, so one of the new place does nothing about the old.
 */
import { PTE_DIRTY, PTE_PRESENT, PTE_WRITABLE } from '../../../traces/index.js';
import {
  CARRIER,
  FIRST_FREE_VARIABLE,
  flushRange,
  LOCK,
  mapOnFault,
  type Micro,
  Op,
  upgradeEntry,
  WRITTEN,
} from '../../../simulator/index.js';
import { actions } from '../../actions.js';
import type { ScenarioActor, ScenarioPiece, Setting, Stage } from '../../scenario.js';
import { orSignal } from './or-signal.js';

const { act, names } = actions(
  'look at D',
  'take old entry',
  'put entry into new place',
  'look VMA up',
  'old place has no VMA',
);

/** The VMA of the old place is gone. */
const MOVED = FIRST_FREE_VARIABLE;

/**
 * What decides that the old place is flushed before its page-table lock is dropped: nothing; D of the entry before it is taken, of the place that it was
 * taken from, or of the entry that was taken; or that there was an entry at all, and then both locks are held.
 */
export type FlushRule = 'never' | 'live entry' | 'emptied entry' | 'taken entry' | 'always';

export interface Moving {
  readonly rule: FlushRule;
  /** Accesses of CPU 0 to the old place: before the search begins, and in it. */
  readonly begins: 'load' | 'store';
  does(stage: Stage): readonly ScenarioPiece[];
  /** What a fault at the old place asks, under the mmap lock; default: whether mremap has been there. */
  readonly allowed?: () => Micro<boolean>;
  /** Who else knows the frame. */
  other(stage: Stage): ScenarioActor;
  readonly assumes: readonly string[];
}

export function moving(arch: string, { rule, begins, does, allowed = isThere, other, assumes }: Moving): Setting {
  return {
    machine: { strategy: 'hw-dirty', arch, vma: 'shared-file' },
    pages: 1,
    aliasPages: 1,
    steps: names,
    variables: ['moved'],
    reads: ['pte-dirty', 'page-flag'],
    handlers: () => ({
      writeFault: markAndUpgrade,
      notPresentFault: (page) => mapOnFault(page, PTE_PRESENT | PTE_WRITABLE),
    }),
    before: (stage) => [
      { cpu: 0, does: [{ label: 'nothing is at the new place', code: () => empty(stage.alias(0)) }] },
      { cpu: 0, does: [stage[begins](0)] },
    ],
    actors: (stage) => [
      { name: 'cpu0', does: does(stage).map((piece) => orSignal(piece, allowed)) },
      {
        name: 'mremap',
        does: [{ label: 'move page 0', code: () => move(stage.page(0), stage.alias(0), rule) }],
      },
      other(stage),
    ],
    assumes: [
      'mremap holds the mmap lock for writing, page faults for reading: an access to the old place after it gets SIGSEGV',
      'both page-table locks are held while entries move; that of the new place is dropped first',
      'whoever walks the mappings of the page comes to the old place first',
      ...assumes,
    ],
  };
}

function* empty(page: number): Micro {
  yield act(Op.pteUnmap, 'take entry out', page);
}

function* isThere(): Micro<boolean> {
  return (yield act(Op.recall, 'look VMA up', -1, MOVED)) === 0;
}

/** move_ptes, of one entry, and the flush at the end of move_page_tables. */
function* move(from: number, to: number, rule: FlushRule): Micro {
  yield act(Op.lock, 'lock', -1, LOCK.mmap);
  yield act(Op.lock, 'lock', from, LOCK['page-table']);
  yield act(Op.lock, 'lock', to, LOCK['page-table']);
  const live = rule === 'live entry' ? yield act(Op.pteLoad, 'look at D', from) : 0;
  const taken = yield act(Op.pteExchange, 'take old entry', from, 0);
  const emptied = rule === 'emptied entry' ? yield act(Op.pteLoad, 'look at D', from) : 0;
  if (taken & PTE_PRESENT) yield act(Op.pteStore, 'put entry into new place', to, taken);
  const looked = { never: 0, 'live entry': live, 'emptied entry': emptied, 'taken entry': taken, always: 0 }[rule];
  const early = (looked & PTE_DIRTY) !== 0;
  if (rule === 'always') yield* flushRange(from, from, 'move');
  yield act(Op.unlock, 'lock', to, LOCK['page-table']);
  if (early) yield* flushRange(from, from, 'move');
  yield act(Op.unlock, 'lock', from, LOCK['page-table']);
  if (rule !== 'always' && !early) yield* flushRange(from, from, 'move');
  yield act(Op.remember, 'old place has no VMA', -1, MOVED, 1);
  yield act(Op.unlock, 'lock', -1, LOCK.mmap);
}

/** A write fault after write-back has cleaned the page. */
function* markAndUpgrade(page: number): Micro {
  yield act(Op.lock, 'lock', page, LOCK.page);
  yield* upgradeEntry(page, WRITTEN);
  yield act(Op.markSet, 'mark page', page, CARRIER['page-flag']);
  yield act(Op.unlock, 'lock', page, LOCK.page);
}
