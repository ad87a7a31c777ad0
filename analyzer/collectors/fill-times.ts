/** When each TLB slot of each CPU was filled last: tells whether an entry is older than what happened to its page. */
import { tlbFill, type EventBatch } from '../../traces/index.js';
import { seqOf } from '../../replayer/index.js';
import { NumberColumn } from '../columns.js';

export class FillTimes {
  readonly #byCpu: NumberColumn[] = [];

  /** Takes note of a tlb-fill event. */
  note(batch: EventBatch, row: number): void {
    const column = (this.#byCpu[batch.cpu[row]!] ??= new NumberColumn());
    column.set(batch.slots[tlbFill.slot.slot]![row]!, seqOf(batch, row));
  }

  /** Seq of the last fill of the slot; 0 where there was none. */
  seqOf(cpu: number, slot: number): number {
    return this.#byCpu[cpu]?.get(slot) ?? 0;
  }
}
