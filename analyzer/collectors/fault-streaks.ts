/**
 * Faults that lead nowhere: a CPU faults on a page again and again, and neither does the entry change nor does a write get through. What is
 * kept is the streak that each CPU is in.
 */
import type { EventBatch } from '../../traces/index.js';
import { seqOf } from '../../replayer/index.js';
import { blockOf } from '../watched.js';
import type { CollectorDefinition } from '../pass.js';
import { entryChanges } from './entry-changes.js';

/** Faults in a row that are no accident: one may be spurious, and the next may have waited for what made it so. Chosen. */
export const LIVELOCK_FAULTS = 3;
/** Streaks that are named. */
const EXAMPLES = 20;

export interface FaultStreak {
  readonly cpu: number;
  readonly space: number;
  readonly page: number;
  faults: number;
  /** The first faults, as far as they make a livelock. */
  readonly seqs: number[];
  lastSeq: number;
}

export interface FaultStreaks {
  readonly streaks: number;
  readonly examples: readonly FaultStreak[];
}

export const faultStreaks: CollectorDefinition<FaultStreaks> = {
  id: 'fault-streaks',
  create(_source, peers) {
    const change = peers.of(entryChanges);
    const byCpu: Array<FaultStreak | undefined> = []; // at cpu + 1
    const examples: FaultStreak[] = [];
    let streaks = 0;
    /** Streaks that are under way. */
    let open = 0;
    const end = (at: number) => {
      byCpu[at] = undefined;
      open--;
    };
    const isAt = (streak: FaultStreak | undefined, batch: EventBatch, row: number): streak is FaultStreak =>
      streak !== undefined && streak.page === batch.page[row] && streak.space === batch.space[row];
    const written = (batch: EventBatch, row: number) => {
      const cpu = batch.cpu[row]!;
      if (isAt(byCpu[cpu + 1], batch, row)) end(cpu + 1);
      if (cpu >= 0) return;
      // What a device asks for is a fault of some CPU, and its write has none.
      for (let at = 1; at < byCpu.length; at++) if (isAt(byCpu[at], batch, row)) end(at);
    };
    return {
      on: {
        fault(batch, row) {
          const cpu = batch.cpu[row]!;
          const seq = seqOf(batch, row);
          let streak = byCpu[cpu + 1];
          if (!isAt(streak, batch, row)) {
            if (streak === undefined) open++;
            streak = { cpu, space: batch.space[row]!, page: batch.page[row]!, faults: 0, seqs: [], lastSeq: seq };
            byCpu[cpu + 1] = streak;
          }
          if (streak.seqs.length < LIVELOCK_FAULTS) streak.seqs.push(seq);
          streak.lastSeq = seq;
          if (++streak.faults !== LIVELOCK_FAULTS) return;
          streaks++;
          if (examples.length < EXAMPLES) examples.push(streak);
        },
        pte(batch, row) {
          if (open === 0) return;
          for (let at = 0; at < byCpu.length; at++) {
            const streak = byCpu[at];
            if (streak === undefined || streak.space !== batch.space[row]) continue;
            if (streak.page === batch.page[row]) end(at);
            else if (change.isHuge) {
              const { from, to } = blockOf(batch.page[row]!);
              if (streak.page >= from && streak.page < to) end(at);
            }
          }
        },
      },
      writes(batch, from) {
        if (open > 0) written(batch, from);
      },
      finish: () => ({ streaks, examples }),
    };
  },
};
