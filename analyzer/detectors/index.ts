/** The one list of detectors, the gravest first. To add one: write its file, add its line here. */
import { elidedFlush } from './elided-flush.js';
import { falseDirty } from './false-dirty.js';
import { invisibleWrite } from './invisible-write.js';
import { lostWrite } from './lost-write.js';
import { spuriousFault } from './spurious-fault.js';
import { staleTlbWrite } from './stale-tlb-write.js';
import type { Detector } from './define.js';

export const DETECTORS: readonly Detector[] = [
  lostWrite,
  invisibleWrite,
  staleTlbWrite,
  elidedFlush,
  falseDirty,
  spuriousFault,
];

export { FINDINGS_MAX, type Case, type Conclusion, type Detector } from './define.js';
