import { defineEvent } from './define.js';

export const tlbEvict = defineEvent({
  kind: 'tlb-evict',
  code: 5,
  since: 1,
  hasPage: true,
  summary: 'An entry left the TLB other than by a fill into its slot or by a flush.',
  fields: {
    slot: { coding: 'plain', unit: 'slot', about: 'set * ways + way' },
    reason: { coding: 'plain', unit: 'evictReasons', about: 'why it left' },
  },
});
