import { defineEvent } from './define.js';

export const cacheFlush = defineEvent({
  kind: 'cache-flush',
  code: 12,
  since: 1,
  hasPage: true,
  summary:
    'CPU caches were written back for a range, so that a non-coherent device sees the bytes. At replay nothing of the frames of its pages is in caches alone from here on.',
  fields: {
    pages: { coding: 'plain', unit: 'pages', about: 'pages in the range that starts at page' },
    cost: { coding: 'plain', unit: 'ns', about: 'what it cost the CPU it ran on, by the cost profile' },
  },
});
