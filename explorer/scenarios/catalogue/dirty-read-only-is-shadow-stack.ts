/** Hardware with shadow stacks takes W clear and D set for one: an ordinary page that is protected at the wrong moment becomes writable by calls. */
import { PTE_DIRTY, PTE_PRESENT, PTE_WRITABLE } from '../../../traces/index.js';
import { ACTOR_PROGRAM, CARRIER, CLAIM, flushRange, LOCK, type Micro, Op } from '../../../simulator/index.js';
import { actions } from '../../actions.js';
import type { ScenarioDefinition } from '../../scenario.js';

const { act, names } = actions(
  'is it dirty?',
  'protect entry',
  'set saved D',
  'shadow-stack walk',
  'shadow-stack store',
);

export const dirtyReadOnlyIsShadowStack: ScenarioDefinition = {
  id: 'dirty-read-only-is-shadow-stack',
  summary:
    'fork write-protects a page whose D is set at that moment, and a call writes to the frame that parent and child share',
  year: 2023,
  reference: 'Linux, x86 shadow stacks (6.6): D goes to a bit of software, _PAGE_SAVED_DIRTY',
  kind: 'race',
  variants: ['buggy', 'fixed'],
  expects: 'dirty-as-proof',
  guilty: { actor: 'fork', step: 'protect entry', how: 'stale' },
  architectures: ['x86-64'],
  setting: (variant, arch) => ({
    machine: { strategy: 'hw-dirty', arch, vma: 'anon' },
    pages: 1,
    steps: names,
    reads: ['pte-dirty', 'page-flag'],
    handlers: () => ({
      // Copy on write: whoever writes gets a frame of its own.
      *writeFault(page) {
        yield act(Op.lock, 'lock', page, LOCK['page-table']);
        const flags = yield act(Op.pteLoad, 'make entry writable', page);
        if ((flags & PTE_WRITABLE) === 0) yield act(Op.replaceFrame, 'make entry writable', page, flags | PTE_WRITABLE);
        yield* flushRange(page, page, 'fault');
        yield act(Op.unlock, 'lock', page, LOCK['page-table']);
      },
    }),
    before: (stage) => [{ cpu: 0, does: [stage.load(0)] }],
    actors: (stage) => [
      { name: 'cpu0', does: [stage.store(0)] },
      { name: 'fork', does: [{ label: 'share page 0', code: () => share(stage.page(0), variant === 'fixed') }] },
      { name: 'cpu2', does: [{ label: 'call with a forged stack pointer', code: () => call(stage.page(0)) }] },
    ],
    assumes: [
      'the walker sets D in the step that checks W, and never where W is clear',
      'fork holds the page-table lock over the look and the change, and flushes before it returns',
      'clearing W and D is one atomic update that tells whether D was set; the saved D stands in the page flag',
    ],
  }),
};

/** ptep_set_wrprotect. @param together W and D go in one step, whatever D is by then */
function* share(page: number, together: boolean): Micro {
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  let clear = PTE_WRITABLE | PTE_DIRTY;
  if (!together) {
    const flags = yield act(Op.pteLoad, 'is it dirty?', page);
    if ((flags & PTE_DIRTY) === 0) clear = PTE_WRITABLE;
  }
  const old = yield act(Op.pteChange, 'protect entry', page, clear, 0);
  if (old & clear & PTE_DIRTY) yield act(Op.markSet, 'set saved D', page, CARRIER['page-flag']);
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
  yield* flushRange(page, page, 'arm');
}

/** What the hardware does for the return address of a call: it asks for no W, and for D in its place. */
function* call(page: number): Micro {
  const flags = yield act(Op.pteLoad, 'shadow-stack walk', page);
  if ((flags & (PTE_PRESENT | PTE_WRITABLE | PTE_DIRTY)) !== (PTE_PRESENT | PTE_DIRTY)) return;
  yield act(Op.declare, 'shadow-stack store', page, CLAIM.private);
  yield act(Op.otherWrite, 'shadow-stack store', page, 0, 8, ACTOR_PROGRAM + 2);
}
