import { defineEvent } from './define.js';

export const tableAlloc = defineEvent({
  kind: 'table-alloc',
  code: 29,
  since: 2,
  hasPage: true,
  summary: 'Page tables were allocated for a range that had none, by a walk that populates. They map nothing.',
  fields: {
    pages: { coding: 'plain', unit: 'pages', about: 'pages in the range that starts at page' },
    tables: { coding: 'plain', unit: 'count', about: 'page tables allocated in the range' },
    cost: { coding: 'plain', unit: 'ns', about: 'what it cost the CPU it ran on, by the cost profile' },
  },
});
