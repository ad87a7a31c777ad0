import { defineEvent } from './define.js';

export const note = defineEvent({
  kind: 'note',
  code: 26,
  since: 1,
  hasPage: false,
  summary: 'Free text at this point of the trail.',
  fields: {
    text: { coding: 'plain', unit: 'text', about: 'index into the notes of meta' },
  },
});
