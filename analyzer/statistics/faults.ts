/**
 * How long faults take and how they follow each other. The latency of a fault is the overhead that its CPU is charged from the fault
 * up to its access, its next fault, or a harvest that it runs: the handler, and the flushes and exits that come with it.
 */
import { FAULT_HANDLERS, fault, harvestBegin } from '../../traces/index.js';
import { Distribution } from '../cost/index.js';
import type { StatisticDefinition } from './define.js';
import { type Spread, spreadOf } from './spread.js';

export interface FaultTimes {
  readonly count: number;
  /** By handler, those that occurred. */
  readonly byHandler: Readonly<Record<string, number>>;
  readonly latency: Spread;
  /** Time between a fault and the next, on whatever CPU. */
  readonly interArrival: Spread;
}

/** No fault is being handled. */
const NONE = -1;

export const faults: StatisticDefinition<FaultTimes> = {
  id: 'faults',
  about: 'what each fault took its CPU, and the time from one fault to the next',
  create(scope) {
    const byHandler = FAULT_HANDLERS.map(() => 0);
    const latencies = new Distribution();
    const interArrivals = new Distribution();
    /** By CPU (a device's last): charged since its fault, ns. */
    const open: number[] = [];
    let lastNs = NONE;
    let count = 0;
    const settle = (cpu: number) => {
      const latencyNs = open[cpu + 1] ?? NONE;
      if (latencyNs === NONE) return;
      latencies.add(latencyNs);
      open[cpu + 1] = NONE;
    };
    return {
      resumed: settle,
      read: settle,
      charged(cpu, costNs) {
        const latencyNs = open[cpu + 1] ?? NONE;
        if (latencyNs !== NONE) open[cpu + 1] = latencyNs + costNs;
      },
      on: {
        fault({ cpu, page, time, slots }, row) {
          settle(cpu[row]!);
          if (scope.page !== null && page[row] !== scope.page) return;
          count++;
          const handler = slots[fault.slot.handler]![row]!;
          byHandler[handler < FAULT_HANDLERS.length ? handler : FAULT_HANDLERS.indexOf('unknown')]!++;
          if (lastNs !== NONE) interArrivals.add(time[row]! - lastNs);
          lastNs = time[row]!;
          open[cpu[row]! + 1] = 0;
        },
        [harvestBegin.kind]: ({ cpu }, row) => settle(cpu[row]!),
      },
      finish() {
        for (let cpu = -1; cpu < open.length - 1; cpu++) settle(cpu);
        const entries = FAULT_HANDLERS.map((handler, code) => [handler, byHandler[code]!] as const);
        return {
          count,
          byHandler: Object.fromEntries(entries.filter(([, times]) => times > 0)),
          latency: spreadOf('ns', latencies),
          interArrival: spreadOf('ns', interArrivals),
        };
      },
    };
  },
};
