import { PTE_PRESENT, PTE_WRITABLE } from '../../traces/index.js';
import { consumeMarked } from '../kernel/consume.js';
import { mapOnFault, neverProtected } from '../kernel/faults.js';
import { ANY_MAPPED } from '../machine/order.js';
import { defineStrategy, PTE_ARCHITECTURES, TRANSFER } from './define.js';

/** No tracking: every harvest transfers every page that is mapped then. */
export const fullUpload = defineStrategy({
  id: 'full-upload',
  summary: 'no tracking; each harvest transfers every page mapped then',
  price: 'bytes: the whole object every time',
  vmas: ['pfnmap', 'mixedmap', 'shared-file', 'anon'],
  vmaReason: 'it tracks nothing, so any memory of the CPU will do, but second-stage memory belongs to a VMM strategy',
  architectures: [...PTE_ARCHITECTURES, 's390x-key'],
  carriers: ['mapped'],
  cannotSee: [],
  faultCosts: [],
  userSpace: true,
  hugeEntries: 'whole',
  steps: [TRANSFER],
  create(options) {
    const mappedFlags = PTE_PRESENT | PTE_WRITABLE;
    return {
      mappedFlags,
      writeFault: neverProtected,
      notPresentFault: (page) => mapOnFault(page, mappedFlags),
      harvest: () => consumeMarked(options, ANY_MAPPED, options.cost('upload4k')),
    };
  },
});
