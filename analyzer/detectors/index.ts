/** The one list of detectors, the gravest first, waste last. To add one: write its file, add its line here, and its row in docs/detectors.md. */
import { clobberedDirty } from './clobbered-dirty.js';
import { decidedBeforeFlush } from './decided-before-flush.js';
import { dirtyAsProof } from './dirty-as-proof.js';
import { divergedMirror } from './diverged-mirror.js';
import { droppedOnTransform } from './dropped-on-transform.js';
import { elidedFlush } from './elided-flush.js';
import { excessAtomic } from './excess-atomic.js';
import { excessFault } from './excess-fault.js';
import { excessFlush } from './excess-flush.js';
import { falseDirty } from './false-dirty.js';
import { faultLivelock } from './fault-livelock.js';
import { invisibleWrite } from './invisible-write.js';
import { lostWrite } from './lost-write.js';
import { misattributed } from './misattributed.js';
import { missedEpoch } from './missed-epoch.js';
import { missingRearm } from './missing-rearm.js';
import { reordered } from './reordered.js';
import { skippedFlush } from './skipped-flush.js';
import { spuriousFault } from './spurious-fault.js';
import { staleTlbWrite } from './stale-tlb-write.js';
import { tornCopy } from './torn-copy.js';
import { transientNone } from './transient-none.js';
import { unlockBeforeFlush } from './unlock-before-flush.js';
import { unpublished } from './unpublished.js';
import { writeAfterRevoke } from './write-after-revoke.js';
import { wrongFrameWrite } from './wrong-frame-write.js';
import type { Detector } from './define.js';

export const DETECTORS: readonly Detector[] = [
  lostWrite,
  misattributed,
  wrongFrameWrite,
  dirtyAsProof,
  missedEpoch,
  clobberedDirty,
  droppedOnTransform,
  missingRearm,
  invisibleWrite,
  writeAfterRevoke,
  transientNone,
  unpublished,
  reordered,
  faultLivelock,
  staleTlbWrite,
  elidedFlush,
  decidedBeforeFlush,
  skippedFlush,
  unlockBeforeFlush,
  divergedMirror,
  tornCopy,
  falseDirty,
  spuriousFault,
  excessFault,
  excessFlush,
  excessAtomic,
];

export {
  DEFAULT_SETTINGS,
  FINDINGS_MAX,
  type Case,
  type Conclusion,
  type Detector,
  type DetectorSettings,
} from './define.js';
