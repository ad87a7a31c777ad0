/** The one list of what runs are compared by: figures of which less is better. To add one: add its line here; table, --by, --csv and JSON follow. */
import type { CostReport } from '../../analyzer/index.js';

export interface Measured {
  readonly cost: CostReport;
  /** What it keeps beside the memory that it tracks, bytes. */
  readonly memoryBytes: number;
}

export interface Criterion {
  readonly id: string;
  /** Heading of its column. */
  readonly title: string;
  readonly unit: 'ns' | 'bytes' | 'count' | 'ratio';
  /** What it is, as the end of "if ... matters more". */
  readonly about: string;
  readonly of: (run: Measured) => number;
}

export const CRITERIA = [
  { id: 'overhead', title: 'overhead', unit: 'ns', about: 'overhead', of: ({ cost }) => cost.ns.overhead },
  { id: 'slowdown', title: 'slowdown', unit: 'ratio', about: 'slowdown', of: ({ cost }) => cost.slowdown },
  { id: 'bytes', title: 'transferred', unit: 'bytes', about: 'traffic', of: ({ cost }) => cost.bytesTransferred },
  { id: 'lag', title: 'lag', unit: 'ns', about: 'mean lag', of: ({ cost }) => cost.lagNs.mean },
  { id: 'lag-p99', title: 'lag p99', unit: 'ns', about: 'lag at p99', of: ({ cost }) => cost.lagNs.p99 },
  { id: 'lag-max', title: 'lag max', unit: 'ns', about: 'the longest lag', of: ({ cost }) => cost.lagNs.max },
  { id: 'stall', title: 'stall', unit: 'ns', about: 'the longest stall', of: ({ cost }) => cost.stallNs.max },
  { id: 'faults', title: 'faults', unit: 'count', about: 'the number of faults', of: ({ cost }) => cost.faults.total },
  { id: 'flushes', title: 'flushes', unit: 'count', about: 'the number of flushes', of: ({ cost }) => cost.flushes },
  { id: 'exits', title: 'exits', unit: 'count', about: 'the number of VM exits', of: ({ cost }) => cost.exits },
  { id: 'memory', title: 'memory', unit: 'bytes', about: 'memory', of: ({ memoryBytes }) => memoryBytes },
  {
    id: 'lost',
    title: 'lost',
    unit: 'count',
    about: 'lost writes',
    of: ({ cost }) => cost.lostWrites + cost.invisibleWrites,
  },
  {
    id: 'false-dirty',
    title: 'false dirty',
    unit: 'count',
    about: 'the number of false reports',
    of: ({ cost }) => cost.falseDirtyPages,
  },
] as const satisfies readonly Criterion[];

export type CriterionId = (typeof CRITERIA)[number]['id'];

export type Figures = Readonly<Record<CriterionId, number>>;

export function figuresOf(run: Measured): Figures {
  return Object.fromEntries(CRITERIA.map(({ id, of }) => [id, of(run)])) as Figures;
}

export function criterionNamed(id: CriterionId): Criterion {
  return CRITERIA.find((criterion) => criterion.id === id)!;
}
