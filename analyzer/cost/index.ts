/** What tracking cost. Start at `cost.ts`. */
export { cost, COST_COLLECTORS, costOf, type CostReport } from './cost.js';
export { costTally, type CostTally, type CpuCost, OVERHEADS, type Overhead } from './cost-tally.js';
export { Distribution } from './distribution.js';
export { EpochCosts } from './epoch-costs.js';
