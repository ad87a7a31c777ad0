import { PTE_PRESENT, PTE_WRITABLE } from '../../traces/index.js';
import { consumeMarked } from '../kernel/consume.js';
import { mapOnFault, neverProtected } from '../kernel/faults.js';
import { ANY_MAPPED, DIFFERS } from '../machine/order.js';
import { micro, Op } from '../micro-ops.js';
import { defineStrategy, PTE_ARCHITECTURES, TRANSFER } from './define.js';

/**
 * A shadow of every page, compared with it at each harvest; what differs is copied to the shadow and transferred from there. A
 * write counts as a change of contents here: one that puts the old value back is reported, where a real comparison would not.
 */
export const compare = defineStrategy({
  id: 'compare',
  summary: 'compare every page with a shadow copy, transfer what differs',
  price: 'twice the memory, and every page read twice per harvest; no fault, no flush',
  vmas: ['pfnmap', 'mixedmap', 'shared-file', 'anon'],
  vmaReason: 'it reads memory through the process; second-stage memory belongs to a VMM strategy',
  architectures: [...PTE_ARCHITECTURES, 's390x-key'],
  carriers: ['shadow-copy'],
  cannotSee: [],
  faultCosts: [],
  userSpace: true,
  shadow: 'compare',
  hugeEntries: 'whole',
  steps: [
    { step: 'compare', summary: 'each page is compared with its shadow and, where it differs, copied there' },
    TRANSFER,
  ],
  create(options) {
    const { cost, start } = options;
    const mappedFlags = PTE_PRESENT | PTE_WRITABLE;
    return {
      mappedFlags,
      writeFault: neverProtected,
      notPresentFault: (page) => mapOnFault(page, mappedFlags),
      *harvest() {
        const first = yield micro(Op.nextRun, 'compare', start, ANY_MAPPED);
        const last = yield micro(Op.lastMarked, 'compare', start, ANY_MAPPED);
        if (first >= 0) yield micro(Op.compareContents, 'compare', first, cost('memcmp4k'), last);
        yield* consumeMarked(options, DIFFERS, cost('memcpy4k') + cost('upload4k'));
      },
    };
  },
});
