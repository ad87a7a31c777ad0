/**
 * An emulator looks its own TLB up and writes, in a block of translated code; the reader of the dirty bitmap resets that TLB from outside, and copies while
 * the block is still on its way to memory.
 */
import { PTE_DIRTY } from '../../../traces/index.js';
import { flushRange, type Micro, Op } from '../../../simulator/index.js';
import { actions } from '../../actions.js';
import { round } from '../../rounds.js';
import type { ScenarioDefinition } from '../../scenario.js';

const { act, names } = actions('clear dirty bit', 'copy page');

export const readerDoesNotWait: ScenarioDefinition = {
  id: 'reader-does-not-wait',
  summary:
    'TCG writes by a fast path that it chose before the dirty bit was cleared, and the page is copied in between',
  year: 2019,
  reference: 'QEMU 9458a9a1df1a; Launchpad 1371130 (2014)',
  kind: 'race',
  variants: ['buggy', 'fixed'],
  expects: 'lost-write',
  guilty: { actor: 'reader', step: 'flush', how: 'wrong' },
  architectures: ['x86-64'],
  setting: (variant, arch) => ({
    machine: { strategy: 'hw-dirty', arch, vma: 'shared-file' },
    pages: 1,
    steps: names,
    reads: ['pte-dirty'],
    // Written before, so that the entry in the TLB of the emulator takes the fast path.
    before: (stage) => [{ cpu: 0, does: [stage.store(0)] }],
    actors: (stage) => [
      { name: 'vcpu0', does: [stage.store(0)] },
      { name: 'reader', role: 'harvest', does: [{ label: 'read', code: () => round(read(stage.page(0))) }] },
    ],
    // run_on_cpu waits for the end of the block that the virtual CPU is in.
    unwaited: variant === 'buggy' ? [0] : [],
    assumes: [
      'the slow path sets the dirty bit before it writes; D of the entry stands for that bit, a TLB entry with D for the fast path',
      'a block of translated code is an instruction: what it looked up holds to its end',
      'the fixed reader waits until every virtual CPU has left its block',
    ],
  }),
};

function* read(page: number): Micro {
  const old = yield act(Op.pteChange, 'clear dirty bit', page, PTE_DIRTY, 0);
  if ((old & PTE_DIRTY) === 0) return;
  yield* flushRange(page, page, 'harvest');
  yield act(Op.report, 'report', page);
  yield act(Op.transfer, 'copy page', page);
}
