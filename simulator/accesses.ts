/**
 * Memory accesses on their way into the machine, as columns. A source fills one, the simulation plays it; both reuse it.
 */
export class AccessBatch {
  readonly capacity: number;
  length = 0;
  /** Page number of the first byte. */
  readonly page: Float64Array;
  /** Offset of the first byte within that page. */
  readonly offset: Int32Array;
  /** Bytes, at least 1; an access may run over any number of page borders. */
  readonly size: Float64Array;
  readonly cpu: Uint8Array;
  /** 1: a load. */
  readonly isRead: Uint8Array;
  /** Program time in ns at which its CPU makes the access; does not decrease for one CPU. */
  readonly program: Float64Array;

  constructor(capacity = 16_384) {
    this.capacity = capacity;
    this.page = new Float64Array(capacity);
    this.offset = new Int32Array(capacity);
    this.size = new Float64Array(capacity);
    this.cpu = new Uint8Array(capacity);
    this.isRead = new Uint8Array(capacity);
    this.program = new Float64Array(capacity);
  }
}
