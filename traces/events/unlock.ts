import { defineEvent } from './define.js';

export const unlock = defineEvent({
  kind: 'unlock',
  code: 24,
  since: 1,
  hasPage: true,
  summary: 'A lock was released.',
  fields: {
    lock: { coding: 'plain', unit: 'lockKinds', about: 'which lock' },
  },
});
