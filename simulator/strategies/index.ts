/** The one list of strategies. To add one: write its file, add its line here. */
import { adaptive } from './adaptive.js';
import { bounceBuffer } from './bounce-buffer.js';
import { compare } from './compare.js';
import type { StrategyDefinition } from './define.js';
import { fullUpload } from './full-upload.js';
import { hwDirty } from './hw-dirty.js';
import { hwDirtyWp } from './hw-dirty-wp.js';
import { kvmDirtyLog } from './kvm-dirty-log.js';
import { kvmDirtyRing } from './kvm-dirty-ring.js';
import { mprotectSigsegv } from './mprotect-sigsegv.js';
import { pageMkwrite } from './page-mkwrite.js';
import { pfnMkwrite } from './pfn-mkwrite.js';
import { pml } from './pml.js';
import { shadowPaging } from './shadow-paging.js';
import { softDirty } from './soft-dirty.js';
import { storageKey } from './storage-key.js';
import { uffdWpAsync } from './uffd-wp-async.js';
import { uffdWpSync } from './uffd-wp-sync.js';

export type {
  OtherWriter,
  ProtocolStep,
  SplitPolicy,
  StrategyCode,
  StrategyDefinition,
  StrategyOptions,
  Variant,
} from './define.js';

export const STRATEGIES: readonly StrategyDefinition[] = [
  fullUpload,
  compare,
  bounceBuffer,
  pageMkwrite,
  pfnMkwrite,
  hwDirty,
  hwDirtyWp,
  adaptive,
  softDirty,
  uffdWpSync,
  uffdWpAsync,
  mprotectSigsegv,
  kvmDirtyLog,
  kvmDirtyRing,
  pml,
  shadowPaging,
  storageKey,
];
