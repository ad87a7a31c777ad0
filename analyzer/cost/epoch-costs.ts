/** Costs epoch by epoch, as columns: entry i is epoch i + 1. The last one may be under way still, when no harvest ended it. */
export class EpochCosts {
  readonly writes: number[] = [];
  readonly faults: number[] = [];
  /** Pages reported, each as often as it was. */
  readonly pagesReported: number[] = [];
  readonly bytesTransferred: number[] = [];
  readonly overheadNs: number[] = [];
  /** Index of the epoch under way. */
  current = -1;

  constructor() {
    this.begin();
  }

  /** The epoch under way is over; the next one begins. */
  begin(): void {
    this.current++;
    const columns = [this.writes, this.faults, this.pagesReported, this.bytesTransferred, this.overheadNs];
    for (const column of columns) column.push(0);
  }
}
