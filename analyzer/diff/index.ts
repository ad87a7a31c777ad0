/** Two trails of the same writes side by side. Start at `diff.ts`. */
export { diff, type DiffOptions, type DiffReport, type EpochDiff } from './diff.js';
export { type Divergence, type EpochDifference } from './epoch-comparison.js';
export { type EventDifference, type EventView } from './first-event.js';
export { type Misalignment } from './misalignment.js';
export { type SettingDifference } from './settings.js';
