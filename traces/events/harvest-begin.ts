import { defineEvent } from './define.js';

export const harvestBegin = defineEvent({
  kind: 'harvest-begin',
  code: 17,
  since: 1,
  hasPage: false,
  summary: 'A harvest starts. Epoch k lies between the ends of harvests k-1 and k.',
  fields: {
    harvest: { coding: 'plain', unit: 'ordinal', about: 'which harvest, from 1' },
  },
});
