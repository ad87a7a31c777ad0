import { defineEvent } from './define.js';

export const flushSend = defineEvent({
  kind: 'flush-send',
  code: 10,
  since: 1,
  hasPage: true,
  summary: 'The flush was sent to the CPUs that may hold entries of the range. One flush-send is one range request.',
  fields: {
    pages: { coding: 'plain', unit: 'pages', about: 'pages in the range that starts at page' },
    scope: { coding: 'plain', unit: 'flushScopes', about: 'what each target invalidates' },
    targets: { coding: 'plain', unit: 'cpus', about: 'remote CPUs that must acknowledge' },
    reason: { coding: 'plain', unit: 'flushReasons', about: 'on whose behalf' },
    cost: { coding: 'plain', unit: 'ns', about: 'what it cost the CPU it ran on, by the cost profile' },
  },
});
