import { defineEvent } from './define.js';

export const tlbUpdate = defineEvent({
  kind: 'tlb-update',
  code: 4,
  since: 1,
  hasPage: true,
  summary: 'W or D of a cached entry changed in place, without a fill.',
  fields: {
    slot: { coding: 'plain', unit: 'slot', about: 'set * ways + way' },
    flags: { coding: 'plain', unit: 'tlbFlags', about: '1 = W, 2 = D, 4 = huge, after the change' },
  },
});
