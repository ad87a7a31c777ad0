import { defineEvent } from './define.js';

export const map = defineEvent({
  kind: 'map',
  code: 15,
  since: 1,
  hasPage: true,
  summary:
    'The page became part of the tracked object and got a frame. The entry that maps it is a pte event of its own.',
  fields: {
    frame: { coding: 'delta', unit: 'frame', about: 'its frame' },
    memory: { coding: 'plain', unit: 'memoryKinds', about: 'what the frame is' },
  },
});
