import { pteLayout } from '../../traces/index.js';
import type { Architecture } from './define.js';

/**
 * s390 before Linux 3.9: the change bit belongs to the storage key of the frame. Any store sets it, through any mapping and by I/O
 * too, and no TLB caches it, so nothing has to be flushed when it is reset.
 */
export const s390xKeyArchitecture: Architecture = {
  id: 's390x-key',
  summary: 'no dirty bit in entries: a change bit per frame, set by every store and by I/O',
  layout: pteLayout('s390x-key'),
  hardwareSetsDirty: false,
  changeBitInFrame: true,
  flushBy: 'broadcast', // IPTE
  flushCeilingPages: 512,
  costProfile: 'x86-64-native', // no measured source for s390; the figures stand in for it
};
