import { defineEvent } from './define.js';

export const frameMove = defineEvent({
  kind: 'frame-move',
  code: 14,
  since: 1,
  hasPage: true,
  summary:
    "The page's contents moved to another frame. Generation and captured generation move along; CPU caches hold nothing of the new frame.",
  fields: {
    oldFrame: { coding: 'delta', unit: 'frame', about: 'frame before' },
    newFrame: { coding: 'delta', unit: 'frame', about: 'frame after' },
    memory: { coding: 'plain', unit: 'memoryKinds', about: 'what the new frame is' },
    cost: { coding: 'plain', unit: 'ns', about: 'what the copy cost the CPU it ran on, by the cost profile', since: 2 },
  },
});
