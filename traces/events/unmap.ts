import { defineEvent } from './define.js';

export const unmap = defineEvent({
  kind: 'unmap',
  code: 16,
  since: 1,
  hasPage: true,
  summary: 'The frame of the page was given up, with its contents and marks: the page left the tracked object.',
  fields: {
    frame: { coding: 'delta', unit: 'frame', about: 'the frame it had' },
  },
});
