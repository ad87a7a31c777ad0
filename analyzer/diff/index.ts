/** Two trails side by side. Start at `diff.ts`; `docs/diff.md` says what is matched with what, and whose cost is whose. */
export { diff, type DiffOptions, type DiffReport, SHOWN } from './diff.js';
export { type EpochDiff } from './comparison.js';
export { type Both, type Divergence, type EpochDifference, type Meeting, type Stretch } from './epoch-comparison.js';
export { COST_BUCKETS, type CostBucket, type CostAttribution } from './cost-buckets.js';
export { type DifferingWrite, type WriteSide } from './differing-writes.js';
export { type EventDifference, type EventView } from './first-event.js';
export { type FoundWrite } from './find-writes.js';
export { ALIGNMENTS, type AlignmentMode } from './lanes.js';
export { type Misalignment } from './misalignment.js';
export { PAGE_ORDERS, type PageDifference, type PageOrder } from './page-differences.js';
export { type SettingDifference } from './settings.js';
export { type Alignment, type Unmatched } from './unmatched.js';
