/**
 * D was the wrong question: a clean entry is cached as well. It is moved without an early flush, truncation finds it at its new place and flushes that,
 * and the page is given up while the old place can still be read through a TLB. Reads are not judged here; that the page is given up too early is.
 */
import { CLAIM, flushRange, LOCK, type Micro, Op } from '../../../simulator/index.js';
import { actions } from '../../actions.js';
import type { ScenarioActor, ScenarioDefinition, Stage } from '../../scenario.js';
import { moving } from './moving.js';
import { never } from './or-signal.js';

// Those of `moving` have the first numbers; these steps have names that every strategy knows.
const { act } = actions();

export const moveCleanEntry: ScenarioDefinition = {
  id: 'move-clean-entry',
  summary: 'mremap moves a clean entry and flushes the old place after the locks; the page is truncated in between',
  year: 2018,
  reference: 'Linux eb66ae030829 (4.19); CVE-2018-18281',
  kind: 'race',
  variants: ['buggy', 'fixed'],
  expects: 'decided-before-flush',
  guilty: { actor: 'mremap', step: 'flush', how: 'late' },
  architectures: ['x86-64', 'arm64-dbm', 'riscv64-svadu'],
  setting: (variant, arch) => ({
    ...moving(arch, {
      rule: variant === 'fixed' ? 'always' : 'taken entry',
      begins: 'load',
      does: (stage) => [stage.load(0)],
      // Only mremap and truncation take the entry of the old place out.
      allowed: never,
      other: truncating,
      assumes: [
        'a CPU with an entry cached without D cannot write through it once the entry is gone; it can read',
        'an access behind the end of the file gets SIGBUS',
      ],
    }),
    decides: ['decided-before-flush'],
  }),
};

function truncating(stage: Stage): ScenarioActor {
  const places = [stage.page(0), stage.alias(0)];
  return { name: 'truncate', does: [{ label: 'truncate page 0', code: () => truncate(places) }] };
}

/** unmap_mapping_range, and the page goes back to the allocator. */
function* truncate(places: readonly number[]): Micro {
  for (const page of places) {
    yield act(Op.lock, 'lock', page, LOCK['page-table']);
    const taken = yield act(Op.pteUnmap, 'unmap entries', page);
    yield act(Op.unlock, 'lock', page, LOCK['page-table']);
    if (taken !== 0) yield* flushRange(page, page, 'unmap');
  }
  yield act(Op.declare, 'unmap entries', places[1]!, CLAIM.gone);
}
