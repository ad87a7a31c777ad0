import { defineEvent } from './define.js';

export const gap = defineEvent({
  kind: 'gap',
  code: 25,
  since: 1,
  hasPage: false,
  summary: 'The source lost events here. What depends on them is undecidable.',
  fields: {
    events: { coding: 'plain', unit: 'count', about: 'events lost; 0 where unknown' },
    reason: { coding: 'plain', unit: 'gapReasons', about: 'why' },
  },
});
