import { defineEvent } from './define.js';

export const flushAck = defineEvent({
  kind: 'flush-ack',
  code: 11,
  since: 1,
  hasPage: true,
  summary:
    'This CPU invalidated its entries of the range (all of the address space, where scope says so). They are gone from here on.',
  fields: {
    pages: { coding: 'plain', unit: 'pages', about: 'pages in the range that starts at page' },
    scope: { coding: 'plain', unit: 'flushScopes', about: 'what was invalidated' },
    reason: { coding: 'plain', unit: 'flushReasons', about: 'on whose behalf' },
    cost: { coding: 'plain', unit: 'ns', about: 'what it cost the CPU it ran on, by the cost profile' },
  },
});
