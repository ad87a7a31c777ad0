/** The two range walks that strategies are made of, as mm/mapping_dirty_helpers.c has them: protect, and clean and record. */
import { PTE_DIRTY, PTE_WRITABLE } from '../../traces/index.js';
import type { StrategyOptions } from '../strategies/define.js';
import type { RangeWalk } from '../walk-specification.js';

/** Takes W (wp_shared_mapping_range). */
export function protecting(options: StrategyOptions): RangeWalk {
  return { any: PTE_WRITABLE, clear: PTE_WRITABLE, record: -1, step: 'protect entries', ...scan(options) };
}

/** Takes D, and puts the page into that carrier, -1: nowhere (clean_record_shared_mapping_range). */
export function cleaning(options: StrategyOptions, record: number): RangeWalk {
  return { any: PTE_DIRTY, clear: PTE_DIRTY, record, step: 'clean entries', ...scan(options) };
}

function scan({ mutations, cost }: StrategyOptions) {
  return { plainStore: mutations.has('plain-rmw'), slotNs: cost('pteScan'), changeNs: cost('scanArm') } as const;
}
