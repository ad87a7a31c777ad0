export type { Chain, Gap, Link } from './chain.js';
export { GRAVEST, parseTarget, type WhyTarget } from './target.js';
export { type TrailEvent, TrailEvents } from './trail-events.js';
export { ofFinding, why, type WhyOptions } from './why.js';
