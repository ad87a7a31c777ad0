/** What happened in each epoch: the facts behind the view `epochs`. Epoch k holds the events after harvest k-1 up to the end of harvest k. */
import { flushSend, harvestEnd, report, transfer, type EventBatch } from '../../traces/index.js';
import { type Fold, PageTable, seqOf } from '../../replayer/index.js';
import { NumberColumn } from '../columns.js';
import type { CollectorDefinition, EventHandler } from '../pass.js';
import { COSTLY_KINDS, costNsOf } from './costs.js';

export interface EpochTally {
  epoch: number;
  firstSeq: number;
  lastSeq: number;
  /** Time of the first and the last event counted here, ns. */
  firstNs: number;
  lastNs: number;
  /** Whether a harvest ended it; the trail ends inside the others. */
  complete: boolean;
  writes: number;
  /** Distinct pages written. */
  pagesWritten: number;
  faults: number;
  flushes: number;
  ipis: number;
  pagesReported: number;
  falseReports: number;
  bytesTransferred: number;
  costNs: number;
}

export const epochTallies: CollectorDefinition<readonly EpochTally[]> = {
  id: 'epoch-tallies',
  create: () => new Tallies(),
};

class Tallies {
  readonly #epochs: EpochTally[] = [];
  #open: EpochTally | null = null;
  #next = 1;
  readonly #written = new PageTable();
  /** The last epoch in which a page was written. */
  readonly #writtenIn = new NumberColumn();
  readonly on: Readonly<Record<string, EventHandler>>;

  constructor() {
    const own: Record<string, (epoch: EpochTally, batch: EventBatch, row: number, fold: Fold) => void> = {
      fault: (epoch) => void epoch.faults++,
      'flush-send': (epoch, batch, row) => {
        epoch.flushes++;
        epoch.ipis += batch.slots[flushSend.slot.targets]![row]!;
      },
      report: (epoch, batch, row, fold) => this.#report(epoch, batch, row, fold),
      transfer: (epoch, batch, row) => void (epoch.bytesTransferred += batch.slots[transfer.slot.bytes]![row]!),
      'harvest-begin': () => {},
      'harvest-end': (epoch, batch, row) => this.#close(epoch, batch.slots[harvestEnd.slot.harvest]![row]!),
    };
    const kinds = new Set([...Object.keys(own), ...COSTLY_KINDS]);
    this.on = Object.fromEntries(
      [...kinds].map((kind): [string, EventHandler] => [
        kind,
        (batch, row, fold) => {
          const epoch = this.#touch(batch, row, row);
          epoch.costNs += costNsOf(batch, row);
          own[kind]?.(epoch, batch, row, fold);
        },
      ]),
    );
  }

  readonly writes = (batch: EventBatch, from: number, to: number) => {
    const epoch = this.#touch(batch, from, to - 1);
    epoch.writes += to - from;
    const page = this.#written.ensure(batch.space[from]!, batch.page[from]!);
    if (this.#writtenIn.get(page) === epoch.epoch) return;
    this.#writtenIn.set(page, epoch.epoch);
    epoch.pagesWritten++;
  };

  finish(): readonly EpochTally[] {
    if (this.#open !== null) this.#epochs.push(this.#open);
    return this.#epochs;
  }

  #report(epoch: EpochTally, batch: EventBatch, row: number, fold: Fold): void {
    const pages = batch.slots[report.slot.pages]![row]!;
    epoch.pagesReported += pages;
    fold.pages.forRange(batch.space[row]!, batch.page[row]!, pages, (index) => {
      if (!fold.isStale(index)) epoch.falseReports++;
    });
  }

  #close(epoch: EpochTally, harvest: number): void {
    epoch.complete = true;
    this.#epochs.push(epoch);
    this.#open = null;
    this.#next = harvest + 1;
  }

  #touch(batch: EventBatch, first: number, last: number): EpochTally {
    this.#open ??= newTally(this.#next, seqOf(batch, first), batch.time[first]!);
    this.#open.lastSeq = seqOf(batch, last);
    this.#open.lastNs = batch.time[last]!;
    return this.#open;
  }
}

function newTally(epoch: number, firstSeq: number, firstNs: number): EpochTally {
  const zeros = {
    writes: 0,
    pagesWritten: 0,
    faults: 0,
    flushes: 0,
    ipis: 0,
    pagesReported: 0,
    falseReports: 0,
    bytesTransferred: 0,
    costNs: 0,
  };
  return { epoch, firstSeq, lastSeq: firstSeq, firstNs, lastNs: firstNs, complete: false, ...zeros };
}
