/**
 * A batch of events as columns: row i of every array is event i. This is the one shape in which events travel, from the
 * simulator to the codec and from the codec to the fold, the collectors and SQL; nobody allocates an object per event.
 */
import { MAX_FIELDS } from './events/index.js';

/** Events in a full batch, and so in a full chunk. */
export const CHUNK_EVENTS = 65_536;

export class EventBatch {
  readonly capacity: number;
  /** Events in use; rows from here on are rubbish. */
  length = 0;
  /** Row i has seq `firstSeq + row[i]`; whoever fills the batch itself leaves `row` alone, and then it is firstSeq + i. */
  firstSeq = 1;
  /** 0, 1, 2, ...; other numbers only in a batch that holds some kinds of a chunk, where rows of other kinds are left out. */
  readonly row: Uint32Array;
  /** Event kind, `EventDefinition.code`. */
  readonly kind: Uint8Array;
  /** Simulated nanoseconds (integers), not decreasing. */
  readonly time: Float64Array;
  /** -1: a device. */
  readonly cpu: Int16Array;
  /** Index into `actors` of meta. */
  readonly actor: Uint16Array;
  /** Index into `spaces` of meta: an mm, or the second stage of a VM. */
  readonly space: Uint16Array;
  /** Index into `steps` of meta; 0 for none. */
  readonly step: Uint16Array;
  /** Page number, or -1. */
  readonly page: Float64Array;
  /** The fields by slot, as `EventDefinition.slot` numbers them. */
  readonly slots: readonly Float64Array[];

  /** @param Memory `SharedArrayBuffer` for a batch whose columns another thread sees too */
  constructor(capacity: number = CHUNK_EVENTS, Memory: new (bytes: number) => ArrayBufferLike = ArrayBuffer) {
    this.capacity = capacity;
    this.row = new Uint32Array(new Memory(4 * capacity));
    for (let i = 0; i < capacity; i++) this.row[i] = i;
    this.kind = new Uint8Array(new Memory(capacity));
    this.time = new Float64Array(new Memory(8 * capacity));
    this.cpu = new Int16Array(new Memory(2 * capacity));
    this.actor = new Uint16Array(new Memory(2 * capacity));
    this.space = new Uint16Array(new Memory(2 * capacity));
    this.step = new Uint16Array(new Memory(2 * capacity));
    this.page = new Float64Array(new Memory(8 * capacity));
    this.slots = Array.from({ length: MAX_FIELDS }, () => new Float64Array(new Memory(8 * capacity)));
  }
}
