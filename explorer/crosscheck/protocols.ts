/**
 * The protocols of `protocol.pml`, once more in the words of this room: the same ids, the same beginning, and the same verdicts, or one of the two is
 * wrong. Two protect entries besides; the model for SPIN has none of that kind.
 */
import { PTE_DIRTY, PTE_PRESENT, PTE_WRITABLE } from '../../traces/index.js';
import { flushRange, LOCK, mapOnFault, type Micro, Op, upgradeEntry, WRITTEN } from '../../simulator/index.js';
import { actions } from '../actions.js';
import type { ScenarioPiece, Setting, Stage } from '../scenario.js';

const { act, names } = actions('clear D', 'look at D', 'protect entry', 'take entry out', 'drop page');

export interface ProtocolSize {
  readonly pages: number;
  /** Each CPU stores so often to each page, going round. */
  readonly stores: number;
  readonly cpus: number;
  /** Rounds of the kernel. */
  readonly rounds: number;
  /** How CPU 0 has cached each page, and how its entry is: with D, or without. Either way the consumer has all that was written. */
  readonly begins: 'dirty' | 'clean';
}

/** A round of the kernel over some pages. */
type Round = (pages: readonly number[]) => Micro;

export interface Protocol {
  readonly id: string;
  readonly does: string;
  readonly expects: 'safe' | 'lost-write';
  /** It is one of `protocol.pml`. */
  readonly inSpin: boolean;
  setting(size: ProtocolSize): Setting;
}

/** What a round takes from entries, and how. */
interface Clearing {
  readonly takes: number;
  readonly atomically: boolean;
}

const CLEAN: Clearing = { takes: PTE_DIRTY, atomically: true };

/** Clears in every page; gives those that were dirty. Where W goes, fault handlers change entries too, so there is a lock. */
function* clear(pages: readonly number[], { takes, atomically }: Clearing): Micro<number[]> {
  const locked = (takes & PTE_WRITABLE) !== 0;
  const dirty: number[] = [];
  for (const page of pages) {
    if (locked) yield act(Op.lock, 'lock', page, LOCK['page-table']);
    let old: number;
    if (atomically) old = yield act(Op.pteChange, 'clear D', page, takes, 0);
    else {
      old = yield act(Op.pteLoad, 'look at D', page);
      yield act(Op.pteStore, 'clear D', page, old & ~takes);
    }
    if (locked) yield act(Op.unlock, 'lock', page, LOCK['page-table']);
    if (old & PTE_DIRTY) dirty.push(page);
  }
  return dirty;
}

function* transfer(pages: readonly number[]): Micro {
  for (const page of pages) yield act(Op.transfer, 'transfer', page);
}

function flush(pages: readonly number[]): Micro {
  return flushRange(pages[0]!, pages.at(-1)!, 'harvest');
}

function* clearFlushTransfer(pages: readonly number[], clearing: Clearing): Micro {
  const dirty = yield* clear(pages, clearing);
  yield* flush(pages);
  yield* transfer(dirty);
}

/** Drops every page that is clean: D is looked at before its entry is protected and flushed, or afterwards. */
function* dropClean(pages: readonly number[], checksFirst: boolean): Micro {
  for (const page of pages) {
    yield act(Op.lock, 'lock', page, LOCK['page-table']);
    let flags = checksFirst ? yield act(Op.pteLoad, 'look at D', page) : 0;
    yield act(Op.pteChange, 'protect entry', page, PTE_WRITABLE, 0);
    yield* flush([page]);
    if (!checksFirst) flags = yield act(Op.pteLoad, 'look at D', page);
    if ((flags & (PTE_PRESENT | PTE_DIRTY)) === PTE_PRESENT) {
      yield act(Op.pteUnmap, 'take entry out', page);
      yield act(Op.discardFrame, 'drop page', page);
    }
    yield act(Op.unlock, 'lock', page, LOCK['page-table']);
  }
}

function protocol(
  id: string,
  does: string,
  expects: Protocol['expects'],
  round: (size: ProtocolSize) => Round,
  inSpin = true,
): Protocol {
  return { id, does, expects, inSpin, setting: (size) => settingOf(size, round(size)) };
}

function settingOf({ pages, stores, cpus, rounds, begins }: ProtocolSize, round: Round): Setting {
  const each = Array.from({ length: pages }, (_, page) => page);
  const captured = (stage: Stage): ScenarioPiece => ({
    label: 'all is captured',
    code: () => transfer(each.map((page) => stage.page(page))),
  });
  return {
    machine: { strategy: 'hw-dirty', vma: 'shared-file' },
    pages,
    steps: names,
    reads: ['pte-dirty'],
    handlers: () => ({
      writeFault: (page) => upgradeEntry(page, WRITTEN),
      notPresentFault: (page) => mapOnFault(page, PTE_PRESENT | PTE_WRITABLE),
    }),
    before: (stage) => [
      {
        cpu: 0,
        does: [...each.map((page) => (begins === 'dirty' ? stage.store(page) : stage.load(page))), captured(stage)],
      },
    ],
    actors(stage) {
      const programs = Array.from({ length: cpus }, (_, cpu) => ({
        name: `cpu${cpu}`,
        role: 'program' as const,
        does: Array.from({ length: stores }, () => each.map((page) => stage.store(page))).flat(),
      }));
      const all = each.map((page) => stage.page(page));
      const work = Array.from({ length: rounds }, (_, at) => ({ label: `round ${at + 1}`, code: () => round(all) }));
      return [...programs, { name: 'kernel', does: work }];
    },
    assumes: [
      'the walker checks P and W again in the step that sets D',
      'a CPU acts on a flush only between two instructions, and the flush is over when every CPU has',
    ],
  };
}

/** Where pages begin dirty, a round makes them clean first. */
function dropping(checksFirst: boolean): (size: ProtocolSize) => Round {
  return ({ begins }) =>
    function* (pages) {
      if (begins === 'dirty') yield* clearFlushTransfer(pages, CLEAN);
      yield* dropClean(pages, checksFirst);
    };
}

export const PROTOCOLS: readonly Protocol[] = [
  protocol(
    'clear-no-flush',
    'clear D, transfer, never flush',
    'lost-write',
    () =>
      function* (pages) {
        yield* transfer(yield* clear(pages, CLEAN));
      },
  ),
  protocol(
    'clear-transfer-flush',
    'clear D, transfer, flush',
    'lost-write',
    () =>
      function* (pages) {
        yield* transfer(yield* clear(pages, CLEAN));
        yield* flush(pages);
      },
  ),
  protocol(
    'clear-flush-transfer',
    'clear D atomically, flush, transfer',
    'safe',
    () => (pages) => clearFlushTransfer(pages, CLEAN),
  ),
  protocol(
    'plain-rmw',
    'load, store the clean form back, flush, transfer',
    'lost-write',
    () => (pages) => clearFlushTransfer(pages, { takes: PTE_DIRTY, atomically: false }),
  ),
  protocol(
    'plain-rmw-protect',
    'load, store the clean and protected form back, flush, transfer',
    'lost-write',
    () => (pages) => clearFlushTransfer(pages, { takes: PTE_DIRTY | PTE_WRITABLE, atomically: false }),
    false,
  ),
  protocol(
    'atomic-protect',
    'clear D and W atomically, flush, transfer',
    'safe',
    () => (pages) => clearFlushTransfer(pages, { takes: PTE_DIRTY | PTE_WRITABLE, atomically: true }),
    false,
  ),
  protocol('check-then-protect', 'look at D, clear W, flush, drop if D was clean', 'lost-write', dropping(true)),
  protocol('protect-flush-check', 'clear W, flush, look at D, drop if D is clean', 'safe', dropping(false)),
];
