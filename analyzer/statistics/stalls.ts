/**
 * What single writes waited: the overhead that their CPU was charged since its access before (faults, walker assists, flushes that it
 * acknowledged, a harvest that it ran).
 */
import { Distribution } from '../cost/index.js';
import type { StatisticDefinition } from './define.js';
import { type Spread, spreadOf } from './spread.js';

export interface Stalls {
  readonly writes: number;
  /** Writes that waited at all. */
  readonly waited: number;
  /** Over all writes, ns. */
  readonly totalNs: number;
  /** Of the writes that waited. */
  readonly wait: Spread;
}

export const stalls: StatisticDefinition<Stalls> = {
  id: 'stalls',
  about: 'what single writes waited for tracking',
  create() {
    const waits = new Distribution();
    /** By CPU: charged since its last access, ns. */
    const pending: number[] = [];
    return {
      resumed(cpu, wanted) {
        if (cpu < 0) return;
        const waitedNs = pending[cpu] ?? 0;
        if (waitedNs === 0) return;
        pending[cpu] = 0;
        if (wanted) waits.add(waitedNs); // the first of the run waited for all of it
      },
      read(cpu) {
        if (cpu >= 0) pending[cpu] = 0;
      },
      charged(cpu, costNs) {
        if (cpu >= 0 && costNs > 0) pending[cpu] = (pending[cpu] ?? 0) + costNs;
      },
      finish: (_end, { writes }) => ({ writes, waited: waits.count, totalNs: waits.sum, wait: spreadOf('ns', waits) }),
    };
  },
};
