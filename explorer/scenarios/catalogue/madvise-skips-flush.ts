/**
 * Two threads discard the same page. The second finds it gone, so it has nothing to flush and returns at once, while its own CPU still has the entry that
 * the first took out: what it writes next goes to the discarded page.
 */
import { PTE_PRESENT, PTE_WRITABLE } from '../../../traces/index.js';
import {
  CLAIM,
  flushRange,
  LOCK,
  mapOnFault,
  type Micro,
  Op,
  upgradeEntry,
  WRITTEN,
} from '../../../simulator/index.js';
import { actions } from '../../actions.js';
import type { ScenarioDefinition, ScenarioPiece } from '../../scenario.js';
import { isPending, lowerPending, PENDING, raisePending } from './pending-flush.js';

const { act, names } = actions('zap entry', 'madvise returns');

export const madviseSkipsFlush: ScenarioDefinition = {
  id: 'madvise-skips-flush',
  summary: 'two threads call MADV_DONTNEED on one page; the second finds nothing to do and returns before the flush',
  year: 2017,
  reference: 'Linux 99baac21e458 and 56236a59556c (4.13), 4647706ebeee (4.14)',
  kind: 'race',
  variants: ['buggy', 'fixed'],
  expects: 'write-after-revoke',
  guilty: { actor: 'cpu0', step: 'flush', how: 'missing' },
  architectures: ['x86-64', 'arm64', 'riscv64-svade'],
  setting: (variant, arch) => ({
    machine: { strategy: 'hw-dirty', arch, vma: 'anon' },
    pages: 1,
    steps: names,
    variables: PENDING,
    handlers: () => ({
      writeFault: (page) => upgradeEntry(page, WRITTEN),
      notPresentFault: (page) => mapOnFault(page, PTE_PRESENT | PTE_WRITABLE),
    }),
    // What is discarded is nobody's loss: the consumer takes every page.
    reads: ['mapped'],
    before: (stage) => [{ cpu: 0, does: [stage.store(0)] }],
    actors: (stage) => {
      const discard = (caller: number): ScenarioPiece => ({
        label: 'MADV_DONTNEED page 0',
        code: () => dontNeed(stage.page(0), caller, variant === 'fixed'),
      });
      return [
        { name: 'cpu0', does: [discard(0), stage.store(0)] },
        { name: 'cpu1', does: [discard(1)] },
      ];
    },
    assumes: [
      'both calls hold the mmap lock for reading, so neither keeps the other out',
      'entries are taken out under the page-table lock and flushed together after it',
      'private memory: no dirty entry is flushed early on account of a file',
    ],
  }),
};

/** zap_page_range, between tlb_gather_mmu and tlb_finish_mmu. */
function* dontNeed(page: number, caller: number, asks: boolean): Micro {
  if (asks) yield* raisePending(caller);
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  const taken = yield act(Op.pteUnmap, 'zap entry', page);
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
  const nested = asks && (yield* isPending(1 - caller));
  if (taken & PTE_PRESENT || nested) yield* flushRange(page, page, 'unmap');
  if (asks) yield* lowerPending(caller);
  yield act(Op.declare, 'madvise returns', page, CLAIM.gone);
}
