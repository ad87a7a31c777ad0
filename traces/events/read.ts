import { defineEvent } from './define.js';

export const read = defineEvent({
  kind: 'read',
  code: 2,
  since: 1,
  hasPage: true,
  summary:
    'A load, recorded when asked for. It changes nothing at replay; the TLB fill it may cause is an event of its own.',
  fields: {
    offset: { coding: 'delta', unit: 'bytes', about: 'first byte read, within the page' },
    size: { coding: 'plain', unit: 'bytes', about: 'bytes read in this page' },
    program: {
      coding: 'program-time',
      unit: 'ns',
      about: 'program time of the access on its CPU: time_ns less tracking overhead and waiting',
    },
  },
});
