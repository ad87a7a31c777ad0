/** What tracking cost. Start at `cost.ts`. */
export { cost, COST_COLLECTORS, costOf, type CostReport } from './cost.js';
export { costTally, type CostTally, type CpuCost } from './cost-tally.js';
export { Distribution } from './distribution.js';
export { EpochCosts } from './epoch-costs.js';
export { OVERHEADS, type Overhead, SPENT_ON } from './overheads.js';
