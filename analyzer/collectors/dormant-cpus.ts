/**
 * Which address space each CPU runs. A CPU that runs another one is not interrupted by a flush; it makes good for it when it switches back, so
 * what it holds of a space that it does not run is no sign of a missing flush once one was sent. Where there is one space only, no CPU is dormant.
 */
import { flushAck, FLUSH_REASONS, type EventBatch } from '../../traces/index.js';
import { seqOf } from '../../replayer/index.js';
import { NumberColumn } from '../columns.js';
import type { CollectorDefinition } from '../pass.js';

const SWITCH = FLUSH_REASONS.indexOf('switch');

export interface DormantCpus {
  /** Whether what the CPU holds of a space, restricted at `seq`, is flushed before it can be used again. */
  isDormant(cpu: number, space: number, seq: number): boolean;
}

export const dormantCpus: CollectorDefinition<null, DormantCpus> = {
  id: 'dormant-cpus',
  create(source) {
    if (source.meta.spaces.length <= 1) return { finish: () => null, live: { isDormant: () => false } };
    /** Address space that a CPU ran last, and the last flush that was sent for a space. */
    const running: number[] = [];
    const sentSeq = new NumberColumn();
    const runs = (batch: EventBatch, row: number) => {
      const cpu = batch.cpu[row]!;
      if (cpu >= 0) running[cpu] = batch.space[row]!;
    };
    return {
      writes: runs,
      on: {
        'tlb-fill': runs,
        read: runs,
        fault: runs,
        operation: runs,
        'flush-send'(batch, row) {
          sentSeq.set(batch.space[row]!, seqOf(batch, row));
        },
        'flush-ack'(batch, row) {
          if (batch.slots[flushAck.slot.reason]![row] === SWITCH) runs(batch, row);
        },
      },
      finish: () => null,
      live: {
        isDormant: (cpu, space, seq) => cpu >= 0 && running[cpu] !== space && sentSeq.get(space) > seq,
      },
    };
  },
};
