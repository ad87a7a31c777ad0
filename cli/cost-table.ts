/** The costs of several trails side by side: a row a figure, a column a trail. */
import type { CostReport } from '../analyzer/index.js';
import type { TrailMeta } from '../traces/index.js';
import { bytes, count, nanoseconds, ratio } from './format.js';
import type { Style } from './style.js';
import { type Cell, table } from './table.js';
import { trackersName } from './trackers.js';

export interface Side {
  /** Heading of its column. */
  readonly label: string;
  readonly cost: CostReport;
}

type Row = readonly [name: string, value: (cost: CostReport) => string];

/** A row of zeros only is left out, but for these. */
const ALWAYS = new Set(['writes', 'overhead', 'slowdown', 'pages reported', 'transferred', 'lost writes']);

const ROWS: readonly Row[] = [
  ['writes', (cost) => count(cost.writes)],
  ['program', (cost) => nanoseconds(cost.ns.program)],
  ['overhead', (cost) => nanoseconds(cost.ns.overhead)],
  ['  faults', (cost) => nanoseconds(cost.ns.fault)],
  ['  flushes', (cost) => nanoseconds(cost.ns.flush)],
  ['  scans', (cost) => nanoseconds(cost.ns.scan)],
  ['  copies', (cost) => nanoseconds(cost.ns.copy)],
  ['  exits', (cost) => nanoseconds(cost.ns.exit)],
  ['  walker', (cost) => nanoseconds(cost.ns.walker)],
  ['  CPU caches', (cost) => nanoseconds(cost.ns.cache)],
  ['slowdown', (cost) => ratio(cost.slowdown)],
  ['stall at p99', (cost) => nanoseconds(cost.stallNs.p99)],
  ['longest stall', (cost) => nanoseconds(cost.stallNs.max)],
  ['faults', (cost) => count(cost.faults.total)],
  ['flushes', (cost) => count(cost.flushes)],
  ['IPIs', (cost) => count(cost.ipis)],
  ['CPU cache flushes', (cost) => count(cost.cacheFlushes)],
  ['VM exits', (cost) => count(cost.exits)],
  ['entries scanned', (cost) => count(cost.ptesScanned)],
  ['pages reported', (cost) => count(cost.pagesReported)],
  ['  without a new write', (cost) => count(cost.falseDirtyPages)],
  ['transferred', (cost) => bytes(cost.bytesTransferred)],
  ['lost writes', (cost) => count(cost.lostWrites)],
];

export function costTable(sides: readonly Side[], style: Style): string {
  const rows = withExits(sides)
    .map(([name, value]): Cell[] => [name, ...sides.map(({ cost }) => value(cost))])
    .filter(([name, ...values]) => ALWAYS.has(String(name)) || values.some((value) => !/^0( |$)/.test(String(value))));
  return table(
    [{ title: '' }, ...sides.map(({ label }) => ({ title: label, align: 'right' as const }))],
    rows,
    style,
    2,
  );
}

/** The rows, with VM exits by what they were for under their sum. */
function withExits(sides: readonly Side[]): readonly Row[] {
  const reasons = [...new Set(sides.flatMap(({ cost }) => Object.keys(cost.exitsByReason)))].sort();
  return ROWS.flatMap((row) =>
    row[0] === 'VM exits'
      ? [row, ...reasons.map((reason): Row => [`  ${reason}`, (cost) => count(cost.exitsByReason[reason] ?? 0)])]
      : [row],
  );
}

/** What to call a trail in a heading: who tracks, and the defects switched into it. */
export function labelOf(meta: TrailMeta): string {
  return [trackersName(meta), ...meta.mutations].join(' + ');
}
