import { defineEvent } from './define.js';

export const declare = defineEvent({
  kind: 'declare',
  code: 30,
  since: 2,
  hasPage: true,
  summary:
    'The actor relies from here on on something being true of a range. It changes nothing at replay; what comes later tells whether it was true.',
  fields: {
    claim: { coding: 'plain', unit: 'claims', about: 'what it relies on' },
    pages: { coding: 'plain', unit: 'pages', about: 'pages in the range that starts at page' },
  },
});
