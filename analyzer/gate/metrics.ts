/**
 * What a gate can limit: every number of a cost report, by its path in it. A metric that grows event by event says how, so that the
 * event that went beyond a limit can be found; `growth.ts` follows it. A test walks a report and finds each number here.
 */
import { EXIT_REASONS, type FaultHandler } from '../../traces/index.js';
import { OVERHEADS, type CostReport, type Overhead } from '../cost/index.js';

export type MetricUnit = 'count' | 'ns' | 'bytes' | 'pages' | 'ratio';

/** What adds to a metric, and by how much. */
export type Growth =
  | { readonly of: 'writes'; readonly by: 'one' | 'bytes' }
  | { readonly of: 'faults'; readonly handler?: FaultHandler }
  /** A field of the events of a kind; 1 each without. */
  | { readonly of: 'events'; readonly kind: string; readonly field?: string }
  | { readonly of: 'exits'; readonly reason: string }
  | { readonly of: 'overhead'; readonly cause?: Overhead; readonly inHarvest?: true }
  | { readonly of: 'stall' }
  | { readonly of: 'false-reports' }
  | { readonly of: 'lost'; readonly which: 'writes' | 'pages' | 'invisible' };

export interface Metric {
  /** Path in a cost report. */
  readonly name: string;
  /** What it may be called as well. */
  readonly short?: string;
  readonly unit: MetricUnit;
  readonly valueOf: (report: CostReport) => number;
  /** Absent where no single event brings it about. */
  readonly growth?: Growth;
}

const faults = (name: keyof CostReport['faults'], handler?: FaultHandler): Metric => ({
  name: `faults.${name}`,
  short: name === 'total' ? 'faults' : name,
  unit: 'count',
  valueOf: (report) => report.faults[name],
  growth: { of: 'faults', ...(handler !== undefined && { handler }) },
});

const HANDLERS: Readonly<Record<Exclude<keyof CostReport['faults'], 'total'>, FaultHandler>> = {
  writeProtect: 'write-protect',
  notPresent: 'not-present',
  spurious: 'spurious',
  dirtyTrap: 'dirty-trap',
};

/** A number at the top of the report. */
function plain(name: NumberIn<CostReport>, unit: MetricUnit, growth?: Growth): Metric {
  return { name, unit, valueOf: (report) => report[name], ...(growth !== undefined && { growth }) };
}

type NumberIn<Report> = {
  [Key in keyof Report & string]: Report[Key] extends number ? Key : never;
}[keyof Report & string];

const stall = (name: keyof CostReport['stallNs']): Metric => ({
  name: `stallNs.${name}`,
  ...(name === 'max' && { short: 'stall', growth: { of: 'stall' } }),
  unit: 'ns',
  valueOf: (report) => report.stallNs[name],
});

const lag = (name: keyof CostReport['lagNs']): Metric => ({
  name: `lagNs.${name}`,
  ...(name === 'max' && { short: 'lag' }),
  unit: name === 'samples' ? 'count' : 'ns',
  valueOf: (report) => report.lagNs[name],
});

/** The one list of metrics, in the order of the report. */
export const METRICS: readonly Metric[] = [
  plain('writes', 'count', { of: 'writes', by: 'one' }),
  faults('total'),
  ...(Object.keys(HANDLERS) as Array<keyof typeof HANDLERS>).map((name) => faults(name, HANDLERS[name])),
  plain('flushes', 'count', { of: 'events', kind: 'flush-send' }),
  plain('ipis', 'count', { of: 'events', kind: 'flush-send', field: 'targets' }),
  plain('exits', 'count', { of: 'events', kind: 'exit' }),
  ...EXIT_REASONS.map(
    (reason): Metric => ({
      name: `exitsByReason.${reason}`,
      short: reason,
      unit: 'count',
      valueOf: (report) => report.exitsByReason[reason] ?? 0,
      growth: { of: 'exits', reason },
    }),
  ),
  plain('cacheFlushes', 'count', { of: 'events', kind: 'cache-flush' }),
  plain('ptesScanned', 'count', { of: 'events', kind: 'walk', field: 'slots' }),
  plain('pagesReported', 'pages', { of: 'events', kind: 'report', field: 'pages' }),
  plain('bytesTransferred', 'bytes', { of: 'events', kind: 'transfer', field: 'bytes' }),
  plain('bytesWritten', 'bytes', { of: 'writes', by: 'bytes' }),
  plain('lostWrites', 'count', { of: 'lost', which: 'writes' }),
  plain('lostPages', 'pages', { of: 'lost', which: 'pages' }),
  plain('invisibleWrites', 'count', { of: 'lost', which: 'invisible' }),
  plain('falseDirtyPages', 'pages', { of: 'false-reports' }),
  { name: 'ns.program', short: 'program', unit: 'ns', valueOf: ({ ns }) => ns.program },
  {
    name: 'ns.overhead',
    short: 'overhead',
    unit: 'ns',
    valueOf: ({ ns }) => ns.overhead,
    growth: { of: 'overhead' },
  },
  ...OVERHEADS.map(
    (cause): Metric => ({
      name: `ns.${cause}`,
      unit: 'ns',
      valueOf: ({ ns }) => ns[cause],
      growth: { of: 'overhead', cause },
    }),
  ),
  stall('p50'),
  stall('p99'),
  stall('max'),
  lag('mean'),
  lag('p99'),
  lag('max'),
  lag('samples'),
  plain('slowdown', 'ratio'),
  plain('epochs', 'count', { of: 'events', kind: 'harvest-end' }),
  plain('transfers', 'count', { of: 'events', kind: 'transfer' }),
  plain('harvestNs', 'ns', { of: 'overhead', inHarvest: true }),
];

/** The metric of that name, short or in full. */
export function metricNamed(name: string): Metric | null {
  return METRICS.find((metric) => metric.name === name || metric.short === name) ?? null;
}

/** Whether a trail that ends in a harvest, or has gaps, leaves the metric undecided. */
export function isUndecidable({ growth }: Metric): boolean {
  return growth?.of === 'lost';
}
