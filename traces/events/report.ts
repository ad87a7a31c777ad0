import { defineEvent } from './define.js';

export const report = defineEvent({
  kind: 'report',
  code: 18,
  since: 1,
  hasPage: true,
  summary: 'The consumer was told that these pages are dirty.',
  fields: {
    pages: { coding: 'plain', unit: 'pages', about: 'pages in the range that starts at page' },
  },
});
