/** Defects of entries that hardware and software read differently, of virtual machine monitors, and of writers and trackers beside the page tables. */
import type { ScenarioDefinition } from '../../scenario.js';
import { aioRingLooksClean } from './aio-ring-looks-clean.js';
import { dirtyReadOnlyIsShadowStack } from './dirty-read-only-is-shadow-stack.js';
import { dirtyYetReadOnly } from './dirty-yet-read-only.js';
import { flushByNewType } from './flush-by-new-type.js';
import { getDirtyLogCopiesTwice } from './get-dirty-log-copies-twice.js';
import { methodChangeMarksInterval } from './method-change-marks-interval.js';
import { mmuUnlockBeforeFlush } from './mmu-unlock-before-flush.js';
import { nestedLogWrongPage } from './nested-log-wrong-page.js';
import { pinnedPagesAlwaysDirty } from './pinned-pages-always-dirty.js';
import { protectBeforeBitmapSwap } from './protect-before-bitmap-swap.js';
import { protectLosesChangeBit } from './protect-loses-change-bit.js';
import { readerDoesNotWait } from './reader-does-not-wait.js';
import { ringFlagBeforePage } from './ring-flag-before-page.js';
import { syncForgetsWritable } from './sync-forgets-writable.js';
import { zapByPlainStore } from './zap-by-plain-store.js';

export const MONITORS_AND_DEVICES: readonly ScenarioDefinition[] = [
  dirtyYetReadOnly,
  protectLosesChangeBit,
  dirtyReadOnlyIsShadowStack,
  protectBeforeBitmapSwap,
  mmuUnlockBeforeFlush,
  syncForgetsWritable,
  zapByPlainStore,
  getDirtyLogCopiesTwice,
  ringFlagBeforePage,
  nestedLogWrongPage,
  readerDoesNotWait,
  flushByNewType,
  aioRingLooksClean,
  pinnedPagesAlwaysDirty,
  methodChangeMarksInterval,
];
