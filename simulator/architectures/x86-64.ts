import { pteLayout } from '../../traces/index.js';
import type { Architecture } from './define.js';

/**
 * Stores on x86-64 (Intel SDM vol. 3A, 4.8 and 4.10): an entry cached with D writes without looking at memory; one cached
 * with W alone makes the walker look again and set D in one locked step, or fault; one cached without W faults, even where
 * memory has become writable meanwhile, and the fault drops it.
 */
export const x8664Architecture: Architecture = {
  id: 'x86-64',
  summary: 'the walker sets D by a locked update that checks P and W again; shootdowns by IPI',
  layout: pteLayout('x86-64'),
  secondStage: pteLayout('ept'),
  mayBeBlind: true,
  hugeEntries: true,
  hardwareSetsDirty: true,
  flushBy: 'ipi',
  flushCeilingPages: 33, // tlb_single_page_flush_ceiling, arch/x86/mm/tlb.c
  costProfile: 'x86-64-native',
};
