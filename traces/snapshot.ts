/**
 * The whole state of a recorded machine at one event, as sorted columns. The simulator makes one for a checkpoint, the fold
 * makes one for a question, and the two must be equal: that equality is the property the replayer is tested by.
 */
export interface MachineSnapshot {
  /** State after this event. */
  readonly seq: number;
  readonly timeNs: number;
  /** Harvests completed. */
  readonly harvests: number;
  /** 1 while a harvest is under way. */
  readonly harvesting: boolean;
  /** Carrier mask of what the consumer reads now. */
  readonly reads: number;
  /** Every page ever mapped and not unmapped since, sorted by (space, page). */
  readonly pages: {
    readonly space: Uint16Array;
    readonly page: Float64Array;
    /** Frame behind the page. */
    readonly frame: Float64Array;
    /** Raw entry, low and high 32 bits; 0 and 0 where there is none. */
    readonly pteLow: Uint32Array;
    readonly pteHigh: Uint32Array;
    /** Carrier mask of the marks set for the page by mark events. */
    readonly marks: Uint16Array;
  };
  /** Every frame in use, sorted by frame; of two that have one number (the one is a guest's) by memory. */
  readonly frames: {
    readonly frame: Float64Array;
    /** Writes it has seen. */
    readonly generation: Float64Array;
    /** The generation that the consumer transferred last. */
    readonly captured: Float64Array;
    /** Writes, of those it has seen, that are in CPU caches alone: a device that does not snoop would read older bytes. */
    readonly cached: Float64Array;
    /** Index into MEMORY_KINDS. */
    readonly memory: Uint8Array;
  };
  /** Every valid TLB entry, sorted by (cpu, slot). */
  readonly tlbs: {
    readonly cpu: Int16Array;
    readonly slot: Uint32Array;
    readonly space: Uint16Array;
    readonly page: Float64Array;
    readonly frame: Float64Array;
    readonly asid: Uint16Array;
    readonly flags: Uint8Array;
  };
}
