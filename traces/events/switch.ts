import { defineEvent } from './define.js';

export const methodSwitch = defineEvent({
  kind: 'switch',
  code: 22,
  since: 1,
  hasPage: false,
  summary: 'The strategy changed its method. Which carriers the consumer reads changes with it.',
  fields: {
    from: { coding: 'plain', unit: 'method', about: 'method before, an index into meta' },
    to: { coding: 'plain', unit: 'method', about: 'method after, an index into meta' },
    reads: { coding: 'plain', unit: 'carrierMask', about: 'bit c set: the consumer now reads carrier c' },
  },
});
