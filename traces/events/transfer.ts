import { defineEvent } from './define.js';

export const transfer = defineEvent({
  kind: 'transfer',
  code: 19,
  since: 1,
  hasPage: true,
  summary:
    'The consumer read the bytes of these pages. At replay their captured generation becomes their generation, less what is in CPU caches alone where the device does not snoop.',
  fields: {
    pages: { coding: 'plain', unit: 'pages', about: 'pages in the range that starts at page' },
    bytes: { coding: 'plain', unit: 'bytes', about: 'bytes moved' },
    cost: { coding: 'plain', unit: 'ns', about: 'what it cost the CPU it ran on, by the cost profile' },
  },
});
