/** A hypervisor changes the protection of a hash-table entry that hardware and host share: what the hardware set in between is written over. */
import { PTE_DIRTY, PTE_PRESENT, PTE_WRITABLE } from '../../../traces/index.js';
import { flushRange, LOCK, mapOnFault, type Micro, Op, upgradeEntry } from '../../../simulator/index.js';
import { actions } from '../../actions.js';
import type { ScenarioDefinition } from '../../scenario.js';

const { act, names } = actions('read entry', 'invalidate entry', 'read R and C', 'write entry back');

export const protectLosesChangeBit: ScenarioDefinition = {
  id: 'protect-loses-change-bit',
  summary: 'H_PROTECT writes an entry back from a value that it read before the entry was invalidated, and C goes',
  year: 2016,
  reference: 'Linux f064a0de1579 (KVM on POWER)',
  kind: 'race',
  variants: ['buggy', 'fixed'],
  expects: 'lost-write',
  guilty: { actor: 'H_PROTECT', step: 'write entry back', how: 'stale' },
  architectures: ['x86-64'],
  setting: (variant, arch) => ({
    machine: { strategy: 'hw-dirty', arch, vma: 'shared-file' },
    pages: 1,
    steps: names,
    reads: ['pte-dirty'],
    handlers: () => ({
      // The guest asks for the right to write again; hardware sets C.
      writeFault: (page) => upgradeEntry(page, PTE_WRITABLE),
      notPresentFault: (page) => mapOnFault(page, PTE_PRESENT | PTE_WRITABLE),
    }),
    // Writable and unchanged, and CPU 0 has it cached so.
    before: (stage) => [{ cpu: 0, does: [stage.load(0)] }],
    actors: (stage) => [
      { name: 'vcpu0', does: [stage.store(0)] },
      {
        name: 'H_PROTECT',
        does: [{ label: 'protect page 0', code: () => hProtect(stage.page(0), variant === 'fixed') }],
      },
    ],
    evictions: 1,
    assumes: [
      'the lock in the entry is held from the first look to the write-back; it keeps the kernel out, and not the hardware',
      'hardware sets C in the step that checks that the entry is valid and writable',
      'tlbie waits until every CPU has acted on it',
      'the machine is that of x86-64: D stands for C, P for the valid bit',
    ],
  }),
};

/** @param readsAgain R and C are taken over from the entry once nobody can set them any more */
function* hProtect(page: number, readsAgain: boolean): Micro {
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  let flags = yield act(Op.pteLoad, 'read entry', page);
  yield act(Op.pteChange, 'invalidate entry', page, PTE_PRESENT, 0);
  yield* flushRange(page, page, 'arm');
  if (readsAgain) flags |= (yield act(Op.pteLoad, 'read R and C', page)) & PTE_DIRTY;
  yield act(Op.pteStore, 'write entry back', page, flags & ~PTE_WRITABLE);
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
}
