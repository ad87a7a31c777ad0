import { defineEvent } from './define.js';

export const fault = defineEvent({
  kind: 'fault',
  code: 6,
  since: 1,
  hasPage: true,
  summary: 'The CPU took a page fault and entered the kernel. What the handler does follows as events of its own.',
  fields: {
    error: { coding: 'plain', unit: 'faultBits', about: '1 = protection (entry present), 2 = write, 4 = user' },
    handler: { coding: 'plain', unit: 'faultHandlers', about: 'the handler it was sent to' },
    cost: { coding: 'plain', unit: 'ns', about: 'what it cost the CPU it ran on, by the cost profile' },
  },
});
