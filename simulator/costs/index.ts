/** Cost profiles: ours (`profiles.ts`) and a user's own (`user-profile.ts`). */
export { COST_NAMES, type CostName, type CostProfile, type Costs } from './profile.js';
export { COST_PROFILES, costProfile, withFigures } from './profiles.js';
export { parseCostProfile } from './user-profile.js';
