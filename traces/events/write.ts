import { defineEvent } from './define.js';

export const write = defineEvent({
  kind: 'write',
  code: 1,
  since: 1,
  hasPage: true,
  summary:
    "A store reached its frame, through the TLB entry that the CPU holds for the page. At replay the generation of that entry's frame grows by one (of the page's own frame where there is none), and that of the host's frame behind a frame of a guest. An access that crosses a page border is one write per page it touches.",
  fields: {
    offset: { coding: 'delta', unit: 'bytes', about: 'first byte written, within the page' },
    size: { coding: 'plain', unit: 'bytes', about: 'bytes written in this page' },
    program: {
      coding: 'program-time',
      unit: 'ns',
      about: 'program time of the access on its CPU: time_ns less tracking overhead and waiting',
    },
  },
});
