import { pteLayout } from '../../traces/index.js';
import type { Architecture } from './define.js';

/**
 * s390 since Linux 3.9 ("s390/mm: implement software dirty bits"): a clean entry is protected in hardware, the first store faults and the
 * kernel sets D. IPTE invalidates an entry and every CPU's copy of it in one instruction, so no flush of a range is left to do.
 */
export const s390xArchitecture: Architecture = {
  id: 's390x',
  summary: 'software dirty bit; IPTE changes an entry and flushes it on every CPU in one instruction',
  layout: pteLayout('s390x'),
  hardwareSetsDirty: false,
  flushBy: 'with-entry',
  flushCeilingPages: 512,
  costProfile: 'x86-64-native', // no measured source for s390; the figures stand in for it
};
