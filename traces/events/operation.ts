import { defineEvent } from './define.js';

export const operation = defineEvent({
  kind: 'operation',
  code: 28,
  since: 2,
  hasPage: true,
  summary:
    'Something is about to be done to the tracked object besides accesses. What comes of it follows as events of its own; page is -1 for the whole object.',
  fields: {
    operation: { coding: 'plain', unit: 'operations', about: 'what' },
    pages: { coding: 'plain', unit: 'pages', about: 'pages in the range that starts at page; 0 for the whole object' },
    program: { coding: 'program-time', unit: 'ns', about: 'program time at which it is done' },
  },
});
