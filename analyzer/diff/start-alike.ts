/** Whether two trails begin with the same writes: a short look that saves a whole reading where they do not. */
import type { EventSource } from '../../replayer/index.js';
import { EventBatch, kindMask, write } from '../../traces/index.js';

const WRITES_ONLY = kindMask(write.kind);
/** True where a CPU of both begins with the same write, and where they have none in common yet, because one has ended, say. */
export function startAlike(a: EventSource, b: EventSource): boolean {
  const [left, right] = [firstWrites(a), firstWrites(b)];
  const common = [...left.keys()].filter((cpu) => right.has(cpu));
  return common.length === 0 || common.some((cpu) => left.get(cpu) === right.get(cpu));
}

/** By CPU: the first write of the first chunk that has some, as text. */
function firstWrites(source: EventSource): Map<number, string> {
  const writes = new Map<number, string>();
  const chunk = source.chunks.findIndex(({ counts }) => (counts[write.kind] ?? 0) > 0);
  if (chunk < 0) return writes;
  const batch = new EventBatch(source.chunks[chunk]!.events);
  source.readChunk(chunk, batch, WRITES_ONLY);
  for (let row = 0; row < batch.length; row++) {
    if (batch.kind[row] !== write.code || writes.has(batch.cpu[row]!)) continue;
    const [offset, size] = [batch.slots[write.slot.offset]![row]!, batch.slots[write.slot.size]![row]!];
    writes.set(batch.cpu[row]!, [batch.space[row], batch.page[row], offset, size].join());
  }
  return writes;
}
