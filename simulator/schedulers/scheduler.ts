/** Decides who performs the next micro-operation. */
import { type AccessBatch, AccessKind } from '../accesses.js';

export interface Scheduler {
  /** Plays the accesses of rows [from, to) in order, with the harvests that fall due. */
  play(batch: AccessBatch, from: number, to: number): void;
  /** Brings what is under way to its end. */
  settle(): void;
  /** One harvest, to its end. */
  harvest(): void;
}

/** Whether an access of that kind writes: what epochs are counted in. */
export function isWrite(kind: number): boolean {
  return kind === AccessKind.store || kind === AccessKind.deviceWrite || kind === AccessKind.kernelWrite;
}
