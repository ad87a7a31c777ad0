/** What each CPU wrote, dirtied and paid. */
import { fault } from '../../traces/index.js';
import type { StatisticDefinition } from './define.js';

export interface CpuShare {
  /** -1: a device. */
  readonly cpu: number;
  writes: number;
  bytesWritten: number;
  /** Dirtyings by it. */
  pagesDirtied: number;
  faults: number;
  overheadNs: number;
}

export const cpus: StatisticDefinition<readonly CpuShare[]> = {
  id: 'cpus',
  about: 'writes, dirtyings, faults and overhead of each CPU',
  create(scope) {
    /** By CPU, a device's first. */
    const shares: CpuShare[] = [];
    const of = (cpu: number) =>
      (shares[cpu + 1] ??= { cpu, writes: 0, bytesWritten: 0, pagesDirtied: 0, faults: 0, overheadNs: 0 });
    return {
      summed({ cpu, writes, bytes, dirtied }) {
        const share = of(cpu);
        share.bytesWritten += bytes;
        share.writes += writes;
        share.pagesDirtied += dirtied;
      },
      charged(cpu, costNs) {
        if (costNs > 0) of(cpu).overheadNs += costNs;
      },
      on: {
        [fault.kind]({ cpu, page }, row) {
          if (scope.page === null || page[row] === scope.page) of(cpu[row]!).faults++;
        },
      },
      finish: () => shares.filter((share) => share !== undefined),
    };
  },
};
