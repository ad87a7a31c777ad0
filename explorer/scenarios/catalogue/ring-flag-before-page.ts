/**
 * User space reads an entry of a dirty ring and then gives it back, by plain accesses. Where another CPU may see the second before the first is done, the
 * kernel resets an entry that was not read, and a virtual CPU puts another page into it.
 */
import { PTE_WRITABLE } from '../../../traces/index.js';
import { CARRIER, FIRST_FREE_VARIABLE, flushGuest, LOCK, type Micro, Op, WRITTEN } from '../../../simulator/index.js';
import { actions } from '../../actions.js';
import { round } from '../../rounds.js';
import type { ScenarioDefinition } from '../../scenario.js';

const { act, names } = actions(
  'fast page fault',
  'fill entry',
  'publish entry',
  'wait for entry',
  'order of accesses',
  'give entry back',
  'read entry',
  'reset entry',
  'protect page',
  'copy pages',
);

/** A ring of one entry: its flags, the page in it, and whether it was reset. */
const FLAGS = FIRST_FREE_VARIABLE;
const PAGE = FIRST_FREE_VARIABLE + 1;
const WAS_RESET = FIRST_FREE_VARIABLE + 2;
/** The CPU of user space makes its store visible before its load is done. */
const AHEAD = FIRST_FREE_VARIABLE + 3;
const EMPTY = 0;
const DIRTY = 1;
const COLLECTED = 2;

export const ringFlagBeforePage: ScenarioDefinition = {
  id: 'ring-flag-before-page',
  summary: 'a weakly ordered CPU gives an entry of the dirty ring back before it has read the page that is in it',
  year: 2022,
  reference: 'Linux 8929bc965964, 17601bfed909 (KVM_CAP_DIRTY_LOG_RING_ACQ_REL)',
  kind: 'race',
  variants: ['buggy', 'fixed'],
  expects: 'lost-write',
  guilty: { actor: 'user', step: 'give entry back', how: 'early' },
  architectures: ['arm64'],
  setting: (variant, arch) => ({
    machine: { strategy: 'kvm-dirty-log', arch },
    pages: 2,
    steps: names,
    variables: ['flags of entry', 'page in entry', 'was reset', 'ahead'],
    reads: ['ring', 'snapshot'],
    handlers: () => ({
      *writeFault(page) {
        yield act(Op.pteUpgrade, 'fast page fault', page, WRITTEN, 0);
        yield* push(page);
      },
    }),
    // Page 0 was written, and stands in the ring.
    before: (stage) => [{ cpu: 0, does: [stage.store(0)] }],
    actors: (stage) => {
      const pages = [stage.page(0), stage.page(1)];
      return [
        { name: 'vcpu0', does: [stage.store(1)] },
        {
          name: 'user',
          role: 'harvest',
          does: [{ label: 'collect an entry', code: () => round(collect(pages, variant === 'buggy')) }],
        },
        { name: 'reset', does: [{ label: 'KVM_RESET_DIRTY_RINGS', code: reset }] },
        {
          name: 'order',
          does: variant === 'buggy' ? [{ label: 'a store overtakes a load', code: overtake }] : [],
        },
      ];
    },
    assumes: [
      'a virtual CPU waits while its ring is full, and fills an entry before it publishes it',
      'user space copies the pages that it collected when the reset is over',
      'without acquire and release a store may be seen by others before an earlier load of another address is done; with them it is not',
    ],
  }),
};

/** kvm_dirty_ring_push. */
function* push(page: number): Micro {
  while ((yield act(Op.recall, 'put page into ring', -1, FLAGS)) !== EMPTY)
    yield act(Op.settle, 'put page into ring', -1, 2);
  yield act(Op.remember, 'fill entry', -1, PAGE, page);
  yield act(Op.markSet, 'fill entry', page, CARRIER.ring);
  yield act(Op.remember, 'publish entry', -1, FLAGS, DIRTY);
}

function* collect(pages: readonly number[], mayOvertake: boolean): Micro {
  while ((yield act(Op.recall, 'wait for entry', -1, FLAGS)) !== DIRTY) yield act(Op.settle, 'wait for entry', -1, 1);
  const ahead = mayOvertake && (yield act(Op.recall, 'order of accesses', -1, AHEAD)) === 1;
  if (ahead) yield act(Op.remember, 'give entry back', -1, FLAGS, COLLECTED);
  yield act(Op.markSet, 'read entry', yield act(Op.recall, 'read entry', -1, PAGE), CARRIER.snapshot);
  if (!ahead) yield act(Op.remember, 'give entry back', -1, FLAGS, COLLECTED);
  do yield act(Op.settle, 'wait for entry', -1, 2);
  while ((yield act(Op.recall, 'wait for entry', -1, WAS_RESET)) === 0);
  for (const page of pages) {
    if (!(yield act(Op.markMove, 'copy pages', page, CARRIER.snapshot, -1))) continue;
    yield act(Op.report, 'copy pages', page);
    yield act(Op.transfer, 'copy pages', page);
  }
}

/** kvm_dirty_ring_reset: entries that were collected are emptied, and their pages protected. */
function* reset(): Micro {
  while ((yield act(Op.recall, 'wait for entry', -1, FLAGS)) !== COLLECTED)
    yield act(Op.settle, 'wait for entry', -1, 1);
  const page = yield act(Op.recall, 'read entry', -1, PAGE);
  yield act(Op.markClear, 'reset entry', page, CARRIER.ring);
  yield act(Op.remember, 'reset entry', -1, FLAGS, EMPTY);
  yield act(Op.lock, 'lock', -1, LOCK.mmu);
  yield act(Op.pteChange, 'protect page', page, PTE_WRITABLE, 0);
  yield act(Op.unlock, 'lock', -1, LOCK.mmu);
  yield* flushGuest(page, page, 'harvest');
  yield act(Op.remember, 'reset entry', -1, WAS_RESET, 1);
}

function* overtake(): Micro {
  yield act(Op.remember, 'order of accesses', -1, AHEAD, 1);
}
