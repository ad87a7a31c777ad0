/** When each TLB slot of each CPU (a device's too) was filled last: tells whether an entry is older than what happened to its page. */
import { tlbFill, tlbUpdate, type EventBatch } from '../../traces/index.js';
import { seqOf } from '../../replayer/index.js';
import { NumberColumn } from '../columns.js';

export class FillTimes {
  readonly #byCpu: NumberColumn[] = []; // at cpu + 1

  /** Takes note of a tlb-fill event. */
  note(batch: EventBatch, row: number): void {
    this.#columnOf(batch.cpu[row]!).set(batch.slots[tlbFill.slot.slot]![row]!, seqOf(batch, row));
  }

  /** Takes note of a tlb-update event, for whoever asks when an entry got the flags that it has. */
  noteUpdate(batch: EventBatch, row: number): void {
    this.#columnOf(batch.cpu[row]!).set(batch.slots[tlbUpdate.slot.slot]![row]!, seqOf(batch, row));
  }

  /** Seq of the last fill of the slot; 0 where there was none. */
  seqOf(cpu: number, slot: number): number {
    return this.#byCpu[cpu + 1]?.get(slot) ?? 0;
  }

  #columnOf(cpu: number): NumberColumn {
    return (this.#byCpu[cpu + 1] ??= new NumberColumn());
  }
}
