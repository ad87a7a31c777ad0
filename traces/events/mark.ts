import { defineEvent } from './define.js';

export const mark = defineEvent({
  kind: 'mark',
  code: 8,
  since: 1,
  hasPage: true,
  summary: 'A carrier of dirtiness other than the entry itself was set or cleared for a range of pages.',
  fields: {
    pages: { coding: 'plain', unit: 'pages', about: 'pages in the range that starts at page' },
    carrier: { coding: 'plain', unit: 'carriers', about: 'which carrier' },
    value: { coding: 'plain', unit: 'flag', about: '1 = set, 0 = cleared' },
  },
});
