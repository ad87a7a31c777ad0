/** The page-modification log holds addresses of whoever runs. While a guest's guest runs they are not those of the guest that is tracked. */
import { PTE_DIRTY, PTE_PRESENT } from '../../../traces/index.js';
import { CARRIER, flushGuest, LOCK, type Micro, Op, upgradeEntry, WRITTEN } from '../../../simulator/index.js';
import { actions } from '../../actions.js';
import { round } from '../../rounds.js';
import type { ScenarioDefinition, Setting, Stage } from '../../scenario.js';

const { act, names } = actions('mark page of that address', 'clean entry');

const THIS_CPU = -1;
const PML = 0;

export const nestedLogWrongPage: ScenarioDefinition = {
  id: 'nested-log-wrong-page',
  summary: "the log stays on while a guest's guest runs, and its addresses are taken for those of the guest",
  year: 2021,
  reference: 'Linux c3bb9a20834f',
  kind: 'sequence',
  variants: ['buggy', 'fixed'],
  expects: 'misattributed',
  guilty: { actor: 'vcpu0', step: 'mark page of that address', how: 'wrong' },
  architectures: ['x86-64'],
  setting: (variant, arch) => ({
    machine: { strategy: 'pml', arch },
    pages: 2,
    steps: names,
    decides: ['misattributed'],
    handlers: () => (variant === 'buggy' ? {} : PROTECTED),
    actors: (stage) => [
      {
        name: 'vcpu0',
        role: 'harvest',
        does: [
          // Page 0 of the guest's guest lies on page 1 of the guest, and its page 1 on page 0.
          { ...stage.store(1), label: 'L2 writes its page 0' },
          { label: 'exit: the log is drained', code: () => drain(stage) },
          { label: 'harvest', code: () => round(harvest([stage.page(0), stage.page(1)])) },
        ],
      },
    ],
    assumes: [
      'hardware logs the address that the running guest uses, whoever set the log up',
      'without the log the pages are write-protected while the inner guest runs, and the fault knows whose page it is',
    ],
  }),
};

/** What is used in place of the log. */
const PROTECTED: ReturnType<NonNullable<Setting['handlers']>> = {
  mappedFlags: PTE_PRESENT,
  *writeFault(page) {
    yield* upgradeEntry(page, WRITTEN);
    yield act(Op.markSet, 'mark page', page, CARRIER.bitmap);
  },
};

/** vmx_flush_pml_buffer. */
function* drain(stage: Stage): Micro {
  for (;;) {
    const logged = yield act(Op.logTake, 'drain log', -1, THIS_CPU, PML);
    if (logged < 0) return;
    yield act(Op.markMove, 'drain log', logged, CARRIER['pml-buffer'], -1);
    const ofThatAddress = logged === stage.page(1) ? stage.page(0) : stage.page(1);
    yield act(Op.markSet, 'mark page of that address', ofThatAddress, CARRIER.bitmap);
  }
}

function* harvest(pages: readonly number[]): Micro {
  for (const page of pages) {
    if (!(yield act(Op.markMove, 'consume mark', page, CARRIER.bitmap, -1))) continue;
    yield act(Op.lock, 'lock', -1, LOCK.mmu);
    yield act(Op.pteChange, 'clean entry', page, PTE_DIRTY, 0);
    yield* flushGuest(page, page, 'harvest');
    yield act(Op.unlock, 'lock', -1, LOCK.mmu);
    yield act(Op.report, 'report', page);
    yield act(Op.transfer, 'transfer', page);
  }
}
