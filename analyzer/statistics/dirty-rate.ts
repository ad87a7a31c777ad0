/** How fast memory gets dirty: writes, bytes and dirtyings by window and by epoch. */
import { harvestEnd } from '../../traces/index.js';
import { NumberColumn } from '../columns.js';
import type { StatisticDefinition, WriteSum } from './define.js';
import { Windows } from './window.js';

export interface Activity {
  readonly writes: number;
  readonly bytesWritten: number;
  /** Pages that were written for the first time in their epoch. */
  readonly pagesDirtied: number;
}

export interface WindowActivity extends Activity {
  /** The window is [from, below), in its unit. */
  readonly from: number;
  readonly below: number;
}

export interface EpochActivity extends Activity {
  readonly epoch: number;
  /** From the end of the harvest before (or the first event) to the end of its own (or the last event), ns. */
  readonly fromNs: number;
  readonly toNs: number;
}

export interface DirtyRate extends Activity {
  /** Over the whole selection. */
  readonly perMs: Activity;
  readonly windows: readonly WindowActivity[];
  readonly epochs: readonly EpochActivity[];
}

/** Activity by part of the trail; what belongs to the part under way is gathered before it goes into columns. */
class Series {
  readonly #writes = new NumberColumn();
  readonly #bytes = new NumberColumn();
  readonly #dirtied = new NumberColumn();
  #part = 0;
  #writesNow = 0;
  #bytesNow = 0;
  #dirtiedNow = 0;

  /** Parts up to the last with a write; 0 for none. */
  get length(): number {
    return this.#part + (this.#writesNow > 0 ? 1 : 0);
  }

  /** @param part not less than the one before */
  add(part: number, { writes, bytes, dirtied }: WriteSum): void {
    if (part !== this.#part) {
      this.#keep();
      this.#part = part;
      this.#writesNow = this.#bytesNow = this.#dirtiedNow = 0;
    }
    this.#writesNow += writes;
    this.#bytesNow += bytes;
    this.#dirtiedNow += dirtied;
  }

  /** Everything, part by part. */
  parts(): Activity[] {
    this.#keep();
    return Array.from({ length: this.length }, (_, part) => ({
      writes: this.#writes.get(part),
      bytesWritten: this.#bytes.get(part),
      pagesDirtied: this.#dirtied.get(part),
    }));
  }

  #keep(): void {
    this.#writes.set(this.#part, this.#writesNow);
    this.#bytes.set(this.#part, this.#bytesNow);
    this.#dirtied.set(this.#part, this.#dirtiedNow);
  }
}

export const dirtyRate: StatisticDefinition<DirtyRate> = {
  id: 'dirty-rate',
  about: 'writes, bytes written and pages newly dirtied, by window and by epoch',
  create(scope) {
    const windows = new Series();
    const epochs = new Series();
    let firstEpoch = 0;
    /** Harvest ends: epoch and time, one after the other. */
    const ends: number[] = [];
    return {
      summed(sum) {
        if (firstEpoch === 0) firstEpoch = sum.epoch;
        windows.add(sum.window, sum);
        epochs.add(sum.epoch - firstEpoch, sum);
      },
      on: {
        'harvest-end': ({ slots, time }, row) => void ends.push(slots[harvestEnd.slot.harvest]![row]!, time[row]!),
      },
      finish() {
        const named = new Windows(scope.window, scope.firstNs, firstEpoch);
        const endNs = new Map<number, number>();
        for (let i = 0; i < ends.length; i += 2) endNs.set(ends[i]!, ends[i + 1]!);
        const byEpoch = epochs.parts();
        const whole = byEpoch.reduce(plus, { writes: 0, bytesWritten: 0, pagesDirtied: 0 });
        const ms = (scope.lastNs - scope.firstNs) / 1e6;
        const perMs = (value: number) => (ms === 0 ? 0 : value / ms);
        return {
          ...whole,
          perMs: {
            writes: perMs(whole.writes),
            bytesWritten: perMs(whole.bytesWritten),
            pagesDirtied: perMs(whole.pagesDirtied),
          },
          windows: windows
            .parts()
            .map((activity, i) => ({ from: named.from(i), below: named.from(i + 1), ...activity })),
          epochs: byEpoch.map((activity, i) => ({
            epoch: firstEpoch + i,
            fromNs: endNs.get(firstEpoch + i - 1) ?? scope.firstNs,
            toNs: endNs.get(firstEpoch + i) ?? scope.lastNs,
            ...activity,
          })),
        };
      },
    };
  },
};

function plus(a: Activity, b: Activity): Activity {
  return {
    writes: a.writes + b.writes,
    bytesWritten: a.bytesWritten + b.bytesWritten,
    pagesDirtied: a.pagesDirtied + b.pagesDirtied,
  };
}
