/** Dirtiness that gets lost where entries and pages are turned into something else, and writers and bits that entries know nothing of. */
import type { ScenarioDefinition } from '../../scenario.js';
import { arm64WrprotectDropsDirty } from './arm64-wrprotect-drops-dirty.js';
import { blocksNotTold } from './blocks-not-told.js';
import { daxFsyncLeavesWritable } from './dax-fsync-leaves-writable.js';
import { deviceMigrationDropsDirty } from './device-migration-drops-dirty.js';
import { deviceMigrationFlushesLate } from './device-migration-flushes-late.js';
import { deviceWritesAfterClean } from './device-writes-after-clean.js';
import { dirtyTakenForPrivate } from './dirty-taken-for-private.js';
import { forcedWriteForgetsIntent } from './forced-write-forgets-intent.js';
import { ksmSharesDirtyPage } from './ksm-shares-dirty-page.js';
import { lazyfreeCountBeforeClear } from './lazyfree-count-before-clear.js';
import { lazyfreeFlagBeforeCount } from './lazyfree-flag-before-count.js';
import { lazyfreeUnmapsPinnedPage } from './lazyfree-unmaps-pinned-page.js';
import { loongarchWrprotectDropsDirty } from './loongarch-wrprotect-drops-dirty.js';
import { mergeDropsSoftDirty } from './merge-drops-soft-dirty.js';
import { mprotectGrantsUntrackedWrite } from './mprotect-grants-untracked-write.js';
import { remappedAreaLooksClean } from './remapped-area-looks-clean.js';
import { splitDropsSoftDirty } from './split-drops-soft-dirty.js';
import { splitFromStaleValue } from './split-from-stale-value.js';
import { swapDropsSoftDirty } from './swap-drops-soft-dirty.js';
import { uptodateClearsStorageKey } from './uptodate-clears-storage-key.js';
import { zapSkipsAbsentEntry } from './zap-skips-absent-entry.js';

export const TRANSFORMS_AND_PAGES: readonly ScenarioDefinition[] = [
  splitFromStaleValue,
  zapSkipsAbsentEntry,
  deviceMigrationDropsDirty,
  deviceMigrationFlushesLate,
  swapDropsSoftDirty,
  remappedAreaLooksClean,
  mergeDropsSoftDirty,
  splitDropsSoftDirty,
  mprotectGrantsUntrackedWrite,
  blocksNotTold,
  uptodateClearsStorageKey,
  ksmSharesDirtyPage,
  deviceWritesAfterClean,
  lazyfreeUnmapsPinnedPage,
  lazyfreeCountBeforeClear,
  lazyfreeFlagBeforeCount,
  daxFsyncLeavesWritable,
  forcedWriteForgetsIntent,
  dirtyTakenForPrivate,
  arm64WrprotectDropsDirty,
  loongarchWrprotectDropsDirty,
];
