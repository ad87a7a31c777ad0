import { defineEvent } from './define.js';

export const tlbFill = defineEvent({
  kind: 'tlb-fill',
  code: 3,
  since: 1,
  hasPage: true,
  summary:
    'A walk put a translation into a TLB slot. What the slot held before is gone, so a capacity eviction needs no event of its own.',
  fields: {
    frame: { coding: 'delta', unit: 'frame', about: 'frame the entry points at' },
    slot: { coding: 'plain', unit: 'slot', about: 'set * ways + way' },
    asid: { coding: 'plain', unit: 'asid', about: 'address space tag' },
    flags: { coding: 'plain', unit: 'tlbFlags', about: '1 = W, 2 = D, 4 = huge' },
  },
});
