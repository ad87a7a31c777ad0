/**
 * Copy-on-write of a page that another CPU can still write: userfaultfd changes protection under the shared mmap lock, so a fault may come between the
 * change of the entry and its flush. It finds the entry read-only, copies, and the copy misses what is written through the stale entry meanwhile.
 */
import { PTE_PRESENT, PTE_WRITABLE } from '../../../traces/index.js';
import { CLAIM, flushRange, LOCK, mapOnFault, type Micro, Op, WRITTEN } from '../../../simulator/index.js';
import { actions } from '../../actions.js';
import type { ScenarioDefinition } from '../../scenario.js';
import { isPending, lowerPending, PENDING, raisePending } from './pending-flush.js';

const { act, names } = actions(
  'look at entry',
  'protect entry',
  'copy contents',
  'look whether entry is the same',
  'take entry out for the copy',
  'put the copy in place',
);

export const copyUnderPendingFlush: ScenarioDefinition = {
  id: 'copy-under-pending-flush',
  summary: 'userfaultfd protects an entry and has yet to flush; a write fault copies the page before that',
  year: 2020,
  reference: 'Linux 6ce64428d620 (5.12); linux-mm, Dec 2020, report by Nadav Amit',
  kind: 'race',
  variants: ['buggy', 'fixed'],
  expects: 'wrong-frame-write',
  guilty: { actor: 'cpu1', step: 'flush', how: 'missing' },
  architectures: ['x86-64', 'arm64', 'riscv64-svade'],
  setting: (variant, arch) => ({
    machine: { strategy: 'hw-dirty', arch, vma: 'anon' },
    pages: 1,
    steps: names,
    variables: PENDING,
    handlers: () => ({
      writeFault: (page) => copyOnWrite(page, variant === 'fixed'),
      notPresentFault: (page) => mapOnFault(page, PTE_PRESENT | PTE_WRITABLE),
    }),
    // It is not about tracking: the consumer takes every page, and what is lost is lost to the program.
    reads: ['mapped'],
    before: (stage) => [{ cpu: 0, does: [stage.store(0)] }],
    actors: (stage) => [
      { name: 'cpu0', does: [stage.store(0)] },
      { name: 'cpu1', does: [stage.store(0)] },
      { name: 'userfaultfd', does: [{ label: 'protect page 0', code: () => protect(stage.page(0)) }] },
    ],
    assumes: [
      'changes of protection and page faults hold the mmap lock for reading, so neither keeps the other out',
      'the flush of a protected range comes after the page-table lock, and a mark tells that it is owed',
      'the contents are copied without the page-table lock, and the entry is compared before the copy takes its place',
    ],
  }),
};

/** change_protection under UFFDIO_WRITEPROTECT. */
function* protect(page: number): Micro {
  yield* raisePending();
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  yield act(Op.pteChange, 'protect entry', page, PTE_WRITABLE, 0);
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
  yield* flushRange(page, page, 'arm');
  yield* lowerPending();
}

/** do_wp_page and wp_page_copy, of a page that is not the program's alone. */
function* copyOnWrite(page: number, asks: boolean): Micro {
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  const seen = yield act(Op.pteLoad, 'look at entry', page);
  const isProtected = (seen & (PTE_PRESENT | PTE_WRITABLE)) === PTE_PRESENT;
  if (isProtected && asks && (yield* isPending(0))) yield* flushRange(page, page, 'fault');
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
  if (!isProtected) return;
  yield act(Op.declare, 'copy contents', page, CLAIM.copied);
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  if ((yield act(Op.pteLoad, 'look whether entry is the same', page)) === seen) {
    yield act(Op.pteExchange, 'take entry out for the copy', page, 0);
    yield* flushRange(page, page, 'fault');
    yield act(Op.replaceFrame, 'put the copy in place', page, PTE_PRESENT | WRITTEN);
  }
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
}
