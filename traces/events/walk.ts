import { defineEvent } from './define.js';

export const walk = defineEvent({
  kind: 'walk',
  code: 27,
  since: 1,
  hasPage: true,
  summary:
    'The kernel walked the entries of a range, to clean, protect or collect. It changes nothing by itself; changed entries are pte events.',
  fields: {
    pages: { coding: 'plain', unit: 'pages', about: 'pages in the range that starts at page' },
    slots: { coding: 'plain', unit: 'slots', about: 'slots of existing page tables in the range' },
    changed: { coding: 'plain', unit: 'entries', about: 'entries changed' },
    cost: { coding: 'plain', unit: 'ns', about: 'what it cost the CPU it ran on, by the cost profile' },
  },
});
