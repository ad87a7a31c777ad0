import { defineEvent } from './define.js';

export const flushQueue = defineEvent({
  kind: 'flush-queue',
  code: 9,
  since: 1,
  hasPage: true,
  summary: 'A TLB flush of a range became owed: entries changed, and the flush is still to be sent.',
  fields: {
    pages: { coding: 'plain', unit: 'pages', about: 'pages in the range that starts at page' },
    reason: { coding: 'plain', unit: 'flushReasons', about: 'on whose behalf' },
  },
});
