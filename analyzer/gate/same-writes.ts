/** Whether two trails hold the same writes, CPU by CPU: what makes the figures of one a baseline for the other. */
import type { EventSource } from '../../replayer/index.js';
import { chunksOf, kindMask, write } from '../../traces/index.js';
import { WriteDigest } from '../diff/write-digest.js';

/** Throws an `InputError` when one cannot be read. */
export function haveSameWrites(a: EventSource, b: EventSource): boolean {
  return digestOf(a).differsFrom(digestOf(b)).size === 0;
}

function digestOf(source: EventSource): WriteDigest {
  const digest = new WriteDigest();
  for (const batch of chunksOf(source, kindMask(write.kind))) digest.take(batch);
  return digest;
}
