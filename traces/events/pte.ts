import { defineEvent } from './define.js';

export const pte = defineEvent({
  kind: 'pte',
  code: 7,
  since: 1,
  hasPage: true,
  summary:
    'An in-memory leaf entry changed from old to new (64 raw bits each, low and high half). old is what memory held just before, also where the writer had read something else.',
  fields: {
    oldLow: { coding: 'plain', unit: 'bits', about: 'raw bits 0..31 before' },
    oldHigh: { coding: 'plain', unit: 'bits', about: 'raw bits 32..63 before' },
    newLow: { coding: 'plain', unit: 'bits', about: 'raw bits 0..31 after', against: 'oldLow' },
    newHigh: { coding: 'plain', unit: 'bits', about: 'raw bits 32..63 after' },
    cause: { coding: 'plain', unit: 'pteCauses', about: 'who changed it, and by what kind of update' },
    cost: {
      coding: 'plain',
      unit: 'ns',
      about: 'what it cost the CPU it ran on (a walker assist), by the cost profile',
    },
  },
});
