/** Memory accesses on their way into the machine, as columns. A source fills one, the simulation plays it; both reuse it. */

/**
 * Who makes an access, and which. The first two go through the page table of their CPU; the next two have a way of their own. From
 * `unmap` on they are operations on the tracked object: they touch no byte, and `size` 0 means all of it.
 */
export const AccessKind = {
  store: 0,
  load: 1,
  /** DMA: no CPU, no translation that the kernel arms. */
  deviceWrite: 2,
  /** The kernel writes through a mapping of its own. */
  kernelWrite: 3,
  /** The entries of a range are taken out; the contents stay with the object, and the next access faults them in again. */
  unmap: 4,
  /** The frames of a range are replaced by frames of the other kind of memory, contents and all. */
  move: 5,
  /** The mapping of process `process` is copied to a new process, which gets the next number. */
  fork: 6,
  /** The huge entries of a range become small ones. */
  split: 7,
  /** A harvest now, whatever the clock says. */
  harvest: 8,
} as const;

/** What a batch knows of each access, column by column. */
export const ACCESS_COLUMNS = ['page', 'offset', 'size', 'cpu', 'kind', 'process', 'program'] as const;

export class AccessBatch {
  readonly capacity: number;
  length = 0;
  /** Page number of the first byte. */
  readonly page: Float64Array;
  /** Offset of the first byte within that page. */
  readonly offset: Int32Array;
  /** Bytes, at least 1 (an operation: 0 for the whole object); an access may run over any number of page borders. */
  readonly size: Float64Array;
  readonly cpu: Uint8Array;
  /** What it is; see `AccessKind`. */
  readonly kind: Uint8Array;
  /** Number of the process (and so of its address space) that makes it. */
  readonly process: Uint8Array;
  /** Program time in ns at which its CPU makes the access; does not decrease for one CPU. */
  readonly program: Float64Array;

  constructor(capacity = 16_384) {
    this.capacity = capacity;
    this.page = new Float64Array(capacity);
    this.offset = new Int32Array(capacity);
    this.size = new Float64Array(capacity);
    this.cpu = new Uint8Array(capacity);
    this.kind = new Uint8Array(capacity);
    this.process = new Uint8Array(capacity);
    this.program = new Float64Array(capacity);
  }
}
