import { defineEvent } from './define.js';

export const notifier = defineEvent({
  kind: 'notifier',
  code: 13,
  since: 1,
  hasPage: true,
  summary: 'An MMU notifier call about a range, before or after its entries change.',
  fields: {
    pages: { coding: 'plain', unit: 'pages', about: 'pages in the range that starts at page' },
    phase: { coding: 'plain', unit: 'notifierPhases', about: 'which call' },
  },
});
