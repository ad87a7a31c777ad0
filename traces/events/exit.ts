import { defineEvent } from './define.js';

export const exit = defineEvent({
  kind: 'exit',
  code: 21,
  since: 1,
  hasPage: true,
  summary: 'A virtual CPU left the guest. page is -1 where the exit is about no page.',
  fields: {
    reason: { coding: 'plain', unit: 'exitReasons', about: 'why' },
    cost: { coding: 'plain', unit: 'ns', about: 'what it cost the CPU it ran on, by the cost profile' },
  },
});
