import { pteLayout } from '../../traces/index.js';
import type { Architecture } from './define.js';

/** TLBI is broadcast and DSB waits for it: no interrupt, no remote handler. */
const broadcast = {
  secondStage: pteLayout('arm64-s2'),
  hugeEntries: true,
  flushBy: 'broadcast',
  flushCeilingPages: 511, // full at MAX_DVM_OPS = PTRS_PER_PTE = 512, arch/arm64/include/asm/tlbflush.h, without range TLBI
  costProfile: 'arm64',
} as const;

/** ARMv8.0: a clean writable entry is read-only to the hardware; the store faults and the kernel sets D. */
export const arm64: Architecture = {
  id: 'arm64',
  summary: 'software dirty bit: the first store to a clean entry traps; flushes by broadcast TLBI',
  layout: pteLayout('arm64'),
  hardwareSetsDirty: false,
  ...broadcast,
};

/** FEAT_HAFDBS with TCR.HD: a store to an entry with DBM clears AP[2] atomically, without a fault. */
export const arm64Dbm: Architecture = {
  id: 'arm64-dbm',
  summary: 'hardware dirty bit management (FEAT_HAFDBS); flushes by broadcast TLBI',
  layout: pteLayout('arm64-dbm'),
  hardwareSetsDirty: true,
  ...broadcast,
};
