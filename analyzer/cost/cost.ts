/**
 * The price of tracking, from the trail alone: what happened, how many ns of overhead it cost beside the program's own, what single
 * writes waited, and what was told or moved in vain. Sums are over CPUs; every ns comes from the cost profile in the trail's meta.
 */
import type { EventSource } from '../../replayer/index.js';
import { FAULT_HANDLERS, type FaultHandler } from '../../traces/index.js';
import { lags, type Lags } from '../collectors/lags.js';
import { reports, type Reports } from '../collectors/reports.js';
import { missedPages, uncapturedWrites } from '../collectors/uncaptured-writes.js';
import { runPass, type CollectorDefinition, type PassOptions, type PassResults } from '../pass.js';
import { costTally, type CostTally, type CpuCost } from './cost-tally.js';
import type { Overhead } from './overheads.js';

export interface CostReport {
  /** Null for an observed trail. */
  readonly strategy: string | null;
  readonly writes: number;
  readonly faults: {
    readonly total: number;
    readonly writeProtect: number;
    readonly notPresent: number;
    readonly spurious: number;
    /** Stores to clean entries where no hardware sets D. */
    readonly dirtyTrap: number;
  };
  /** Range requests. */
  readonly flushes: number;
  /** Remote CPUs that had to acknowledge, summed over flushes. */
  readonly ipis: number;
  /** VM exits. */
  readonly exits: number;
  /** By reason, those that occurred. */
  readonly exitsByReason: Readonly<Record<string, number>>;
  /** Ranges of which CPU caches were written back. */
  readonly cacheFlushes: number;
  /** Slots of existing page tables in the walked ranges. */
  readonly ptesScanned: number;
  /** Each page as often as it was reported. */
  readonly pagesReported: number;
  readonly bytesTransferred: number;
  readonly bytesWritten: number;
  /** Writes that the consumer will never see: generation less captured, over the lost pages; 0 where that cannot be decided. */
  readonly lostWrites: number;
  readonly lostPages: number;
  /** Writes around the page tables that the consumer was never told of. */
  readonly invisibleWrites: number;
  /** Reports of pages that held nothing newer than captured. */
  readonly falseDirtyPages: number;
  /** Simulated ns summed over CPUs; `overhead` is the sum of what follows it. */
  readonly ns: Readonly<Record<'program' | 'overhead' | Overhead, number>>;
  /** What single writes waited, ns; most wait nothing, and these count too. */
  readonly stallNs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** How late the consumer learned of changes, ns: `samples` times that a page was dirtied and transferred afterwards; all 0 where none was. */
  readonly lagNs: { readonly mean: number; readonly p99: number; readonly max: number; readonly samples: number };
  /** (program + overhead) / program; 1 where the program took no time. */
  readonly slowdown: number;
  /** Harvests completed. */
  readonly epochs: number;
  readonly transfers: number;
  /** Overhead of the CPUs that ran harvests, while they ran, ns. */
  readonly harvestNs: number;
  readonly cpus: readonly CpuCost[];
  /** Id of the cost profile; its figures are in meta. */
  readonly costProfile: string;
  /** What one must know to trust the figures. */
  readonly assumptions: readonly string[];
  /** The source was read to its end and the final harvest ran. */
  readonly complete: boolean;
}

/** What a pass must collect for `costOf`. */
export const COST_COLLECTORS: ReadonlyArray<CollectorDefinition<unknown>> = [
  costTally,
  reports,
  uncapturedWrites,
  lags,
];

/** What tracking cost in this trail. Throws an `InputError` when it cannot be read. */
export function cost(source: EventSource, options: PassOptions = {}): CostReport {
  return costOf(source, runPass(source, COST_COLLECTORS, options));
}

/** The same from a pass that ran the `COST_COLLECTORS`, perhaps among others. */
export function costOf(source: EventSource, results: PassResults): CostReport {
  const tally: CostTally = results.facts(costTally);
  const reported: Reports = results.facts(reports);
  const lagged: Lags = results.facts(lags);
  const { meta, ending } = source;
  const missed = missedPages(results.end, results.facts(uncapturedWrites));
  const undecided = results.end.harvesting || tally.gaps > 0;
  const lost = undecided ? { pages: [], writes: 0 } : missed.lost;
  const program = ending?.programNs ?? tally.cpus.reduce((sum, { programNs }) => sum + programNs, 0);
  const overhead = Object.values(tally.ns).reduce((sum, part) => sum + part, 0);
  return {
    strategy: meta.strategy,
    writes: tally.writes,
    faults: {
      total: tally.faultsByHandler.reduce((sum, count) => sum + count, 0),
      writeProtect: byHandler(tally, 'write-protect'),
      notPresent: byHandler(tally, 'not-present'),
      spurious: byHandler(tally, 'spurious'),
      dirtyTrap: byHandler(tally, 'dirty-trap'),
    },
    flushes: tally.flushes,
    ipis: tally.ipis,
    exits: tally.exits,
    exitsByReason: tally.exitsByReason,
    cacheFlushes: tally.cacheFlushes,
    ptesScanned: tally.ptesScanned,
    pagesReported: reported.pages,
    bytesTransferred: tally.bytesTransferred,
    bytesWritten: tally.bytesWritten,
    lostWrites: lost.writes,
    lostPages: lost.pages.length,
    invisibleWrites: undecided ? 0 : missed.invisible.writes,
    falseDirtyPages: reported.falsePages,
    ns: { program, overhead, ...tally.ns },
    stallNs: { p50: tally.stalls.percentile(50), p99: tally.stalls.percentile(99), max: tally.stalls.max },
    lagNs: {
      mean: lagged.ns.count === 0 ? 0 : lagged.sumNs / lagged.ns.count,
      p99: lagged.ns.percentile(99),
      max: lagged.ns.max,
      samples: lagged.ns.count,
    },
    slowdown: program === 0 ? 1 : (program + overhead) / program,
    epochs: tally.harvests,
    transfers: tally.transfers,
    harvestNs: tally.harvestNs,
    cpus: tally.cpus,
    costProfile: meta.costProfile.id,
    assumptions: assumptionsOf(source, tally, lagged, results.end.harvesting),
    complete: ending?.complete ?? false,
  };
}

function byHandler(tally: CostTally, handler: FaultHandler): number {
  return tally.faultsByHandler[FAULT_HANDLERS.indexOf(handler)]!;
}

function assumptionsOf(
  { meta, ending }: EventSource,
  tally: CostTally,
  lagged: Lags,
  endsInHarvest: boolean,
): string[] {
  const { source } = meta;
  // A workload has no loads, and neither has a replay of one.
  const fromWorkload = source.kind === 'workload' || String(source.parameters['of']).startsWith('workload:');
  const loadsMissing = !source.reads && !fromWorkload;
  const statements: ReadonlyArray<readonly [boolean, string]> = [
    [source.programTime === 'assumed', 'program time is assumed: 1 ns per instruction and access'],
    [loadsMissing, 'loads were not played, so TLB pressure is too low'],
    [
      meta.mode === 'observed',
      'the events were observed, not simulated: the sums hold only costs that the source gave',
    ],
    [ending === null, 'the recording was not closed: program time is counted up to the last access'],
    [
      ending?.complete === false,
      `the recording is not complete (${ending?.incompleteReason ?? 'no reason was stored'})`,
    ],
    [endsInHarvest, 'the trail ends inside a harvest: lost writes cannot be decided and are not counted'],
    [
      tally.gaps > 0,
      `the source lost events in ${tally.gaps} places: every figure is a lower bound, and lost writes are not counted`,
    ],
    [!tally.stalls.exact, 'stall percentiles are rounded down, by less than 1.6 %'],
    [!lagged.ns.exact, 'the 99th percentile of lag is rounded down, by less than 1.6 %'],
  ];
  return statements.filter(([holds]) => holds).map(([, text]) => text);
}
