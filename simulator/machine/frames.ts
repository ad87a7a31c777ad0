/**
 * Physical memory: what each frame has seen and what the consumer has of it, as columns by dense index. Writes are counted, bytes are not kept:
 * whatever was written since the consumer read last is what it lacks.
 */
import { MEMORY_KINDS, type MemoryKind } from '../../traces/index.js';

/** First frame number of each kind of memory that is handed out; frames follow from here upwards. */
const FIRST_FRAME = { system: 0x10_0000, device: 0x800_0000 } as const;
export type RealMemory = keyof typeof FIRST_FRAME;

export const MEMORY_CODE = Object.fromEntries(MEMORY_KINDS.map((kind, code) => [kind, code])) as Readonly<
  Record<MemoryKind, number>
>;

export class FrameStore {
  count = 0;
  number = new Float64Array(1024);
  /** Writes that each frame has seen. */
  generation = new Float64Array(1024);
  /** Generation that the consumer transferred last. */
  captured = new Float64Array(1024);
  /** Writes in CPU caches alone; always 0 where devices snoop. */
  cached = new Float64Array(1024);
  memory = new Uint8Array(1024);
  #next: Record<RealMemory, number> = { ...FIRST_FRAME };

  /** A frame of that memory that nobody has; gives its index. */
  take(memory: RealMemory): number {
    return this.#add(this.#next[memory]++, MEMORY_CODE[memory]);
  }

  /** As many neighbouring frames; gives the index of the first. */
  takeRun(memory: RealMemory, frames: number): number {
    const first = this.take(memory);
    for (let more = 1; more < frames; more++) this.take(memory);
    return first;
  }

  /** A frame of a guest: its number is the guest's own. */
  takeGuest(number: number): number {
    return this.#add(number, MEMORY_CODE.guest);
  }

  /** The contents of a frame move to another, through the caches and out of them. */
  move(from: number, to: number): void {
    this.generation[to] = this.generation[from]!;
    this.captured[to] = this.captured[from]!;
    this.cached[to] = 0;
  }

  #add(number: number, memory: number): number {
    if (this.count === this.number.length) this.#grow();
    this.number[this.count] = number;
    this.memory[this.count] = memory;
    return this.count++;
  }

  #grow(): void {
    const capacity = this.number.length * 2;
    this.number = grown(this.number, new Float64Array(capacity));
    this.generation = grown(this.generation, new Float64Array(capacity));
    this.captured = grown(this.captured, new Float64Array(capacity));
    this.cached = grown(this.cached, new Float64Array(capacity));
    this.memory = grown(this.memory, new Uint8Array(capacity));
  }
}

/** The wider array with the contents of the narrower one. */
export function grown<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from);
  return to;
}
