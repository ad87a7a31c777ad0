/** What each CPU did: the facts behind the view `cpus`. */
import { flushSend, type EventBatch } from '../../traces/index.js';
import type { CollectorDefinition, EventHandler } from '../pass.js';
import { COSTLY_KINDS, costNsOf } from './costs.js';

export interface CpuTally {
  /** -1: a device. */
  readonly cpu: number;
  writes: number;
  reads: number;
  faults: number;
  tlbFills: number;
  flushesSent: number;
  ipisSent: number;
  flushesAcknowledged: number;
  /** What its events cost by the cost profile, ns. */
  costNs: number;
  /** Time of its last event counted here, ns. */
  lastNs: number;
}

export const cpuTallies: CollectorDefinition<readonly CpuTally[]> = {
  id: 'cpu-tallies',
  create() {
    const byCpu: Array<CpuTally | undefined> = []; // at cpu + 1
    const of = (batch: EventBatch, row: number): CpuTally => {
      const cpu = batch.cpu[row]!;
      const tally = (byCpu[cpu + 1] ??= newTally(cpu));
      tally.lastNs = batch.time[row]!;
      return tally;
    };
    const own: Record<string, (tally: CpuTally, batch: EventBatch, row: number) => void> = {
      read: (tally) => void tally.reads++,
      fault: (tally) => void tally.faults++,
      'tlb-fill': (tally) => void tally.tlbFills++,
      'flush-send': (tally, batch, row) => {
        tally.flushesSent++;
        tally.ipisSent += batch.slots[flushSend.slot.targets]![row]!;
      },
      'flush-ack': (tally) => void tally.flushesAcknowledged++,
    };
    const kinds = new Set([...Object.keys(own), ...COSTLY_KINDS]);
    return {
      on: Object.fromEntries(
        [...kinds].map((kind): [string, EventHandler] => [
          kind,
          (batch, row) => {
            const tally = of(batch, row);
            tally.costNs += costNsOf(batch, row);
            own[kind]?.(tally, batch, row);
          },
        ]),
      ),
      writes(batch, from, to) {
        of(batch, to - 1).writes += to - from;
      },
      finish: () => byCpu.filter((tally) => tally !== undefined),
    };
  },
};

function newTally(cpu: number): CpuTally {
  return {
    cpu,
    writes: 0,
    reads: 0,
    faults: 0,
    tlbFills: 0,
    flushesSent: 0,
    ipisSent: 0,
    flushesAcknowledged: 0,
    costNs: 0,
    lastNs: 0,
  };
}
