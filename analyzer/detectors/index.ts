/** The one list of detectors, the gravest first. To add one: write its file, add its line here. */
import { dirtyAsProof } from './dirty-as-proof.js';
import { elidedFlush } from './elided-flush.js';
import { falseDirty } from './false-dirty.js';
import { faultLivelock } from './fault-livelock.js';
import { invisibleWrite } from './invisible-write.js';
import { lostWrite } from './lost-write.js';
import { misattributed } from './misattributed.js';
import { spuriousFault } from './spurious-fault.js';
import { staleTlbWrite } from './stale-tlb-write.js';
import { transientNone } from './transient-none.js';
import { writeAfterRevoke } from './write-after-revoke.js';
import { wrongFrameWrite } from './wrong-frame-write.js';
import type { Detector } from './define.js';

export const DETECTORS: readonly Detector[] = [
  lostWrite,
  misattributed,
  wrongFrameWrite,
  dirtyAsProof,
  invisibleWrite,
  writeAfterRevoke,
  transientNone,
  faultLivelock,
  staleTlbWrite,
  elidedFlush,
  falseDirty,
  spuriousFault,
];

export { FINDINGS_MAX, type Case, type Conclusion, type Detector } from './define.js';
