/** A gate: what a trail may cost and what may not be found in it, for scripts and CI. Start at `rules.ts`, then `gate.ts`. */
export { gate, type GateOptions, type GateResult, type RuleResult } from './gate.js';
export type { Place } from './growth.js';
export { type Metric, METRICS, type MetricUnit } from './metrics.js';
export { type Limit, limitRule, noRule, requireBaseline, type Rule, rulesOfFile } from './rules.js';
