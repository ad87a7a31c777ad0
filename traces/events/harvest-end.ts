import { defineEvent } from './define.js';

export const harvestEnd = defineEvent({
  kind: 'harvest-end',
  code: 20,
  since: 1,
  hasPage: false,
  summary: 'The harvest is complete.',
  fields: {
    harvest: { coding: 'plain', unit: 'ordinal', about: 'which harvest, from 1' },
  },
});
