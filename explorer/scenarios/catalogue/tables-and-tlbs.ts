/** Defects of page tables and TLBs: entries changed in two steps, and flushes that were left out, skipped or late. By year. */
import type { ScenarioDefinition } from '../../scenario.js';
import { clearByPlainStore } from './clear-by-plain-store.js';
import { clearWithoutFlush } from './clear-without-flush.js';
import { copyUnderPendingFlush } from './copy-under-pending-flush.js';
import { madviseSkipsFlush } from './madvise-skips-flush.js';
import { mergeUnderPendingFlushes } from './merge-under-pending-flushes.js';
import { migrateUnderPendingFlush } from './migrate-under-pending-flush.js';
import { moveBeforeFlush } from './move-before-flush.js';
import { moveChecksEmptiedEntry } from './move-checks-emptied-entry.js';
import { moveChecksLiveEntry } from './move-checks-live-entry.js';
import { moveCleanEntry } from './move-clean-entry.js';
import { mprotectSkipsFlush } from './mprotect-skips-flush.js';
import { softDirtyWithoutFlush } from './soft-dirty-without-flush.js';
import { strayDirtyBit } from './stray-dirty-bit.js';
import { trapIntoEmptiedEntry } from './trap-into-emptied-entry.js';
import { zapBeforeFlush } from './zap-before-flush.js';
import { zapWithoutPageLock } from './zap-without-page-lock.js';

export const TABLES_AND_TLBS: readonly ScenarioDefinition[] = [
  clearByPlainStore,
  clearWithoutFlush,
  trapIntoEmptiedEntry,
  migrateUnderPendingFlush,
  zapBeforeFlush,
  zapWithoutPageLock,
  strayDirtyBit,
  moveBeforeFlush,
  moveChecksLiveEntry,
  moveChecksEmptiedEntry,
  mprotectSkipsFlush,
  madviseSkipsFlush,
  mergeUnderPendingFlushes,
  moveCleanEntry,
  copyUnderPendingFlush,
  softDirtyWithoutFlush,
];
