/**
 * Synthetic workloads: patterns of writes that show what a strategy is good or bad at, the same for the same seed. To add one:
 * write its file, add it to WORKLOADS.
 */
import { nearest, UsageError } from '../../base/index.js';
import { deviceAndCpu } from './device-and-cpu.js';
import { framebuffer } from './framebuffer.js';
import { hotPage } from './hot-page.js';
import { multiCpuShared } from './multi-cpu-shared.js';
import { sequentialFill } from './sequential-fill.js';
import { sparseScatter } from './sparse-scatter.js';
import { twoProcesses } from './two-processes.js';
import { zipf } from './zipf.js';
import type { Workload } from './workload.js';

export type { Workload, WorkloadOptions } from './workload.js';

export const WORKLOADS: readonly Workload[] = [
  sequentialFill,
  sparseScatter,
  zipf,
  framebuffer,
  hotPage,
  multiCpuShared,
  twoProcesses,
  deviceAndCpu,
];

/** The workload of that id. @throws UsageError with a suggestion when there is none */
export function workloadNamed(id: string): Workload {
  const workload = WORKLOADS.find((each) => each.id === id);
  if (workload !== undefined) return workload;
  const ids = WORKLOADS.map((each) => each.id);
  const near = nearest(id, ids);
  throw new UsageError({
    what: `unknown workload '${id}'`,
    why: near === null ? `known are ${ids.join(', ')}` : `did you mean '${near}'?`,
    mend: '`pagetrail list workloads` shows all',
  });
}
