import { defineEvent } from './define.js';

export const lock = defineEvent({
  kind: 'lock',
  code: 23,
  since: 1,
  hasPage: true,
  summary: 'A lock was taken (recorded when micro-steps interleave). page is -1 for a lock that belongs to no page.',
  fields: {
    lock: { coding: 'plain', unit: 'lockKinds', about: 'which lock' },
  },
});
