/** For tests: reads a source to its end and gives its accesses as plain objects, and readers of bytes that never came from a file. */
import { formatAddress, type Random } from '../../base/index.js';
import { AccessBatch, AccessKind } from '../../simulator/index.js';
import type { ByteReader } from './byte-reader.js';
import type { LineParser } from './text-source.js';
import { TextSource } from './text-source.js';
import type { AccessSource } from './source.js';

const KIND_NAMES = Object.keys(AccessKind);

export interface PlainAccess {
  readonly address: string;
  readonly size: number;
  readonly cpu: number;
  readonly isRead: boolean;
  readonly program: number;
  /** Name of its kind, where it is neither a store nor a load. */
  readonly kind?: string;
  /** Its process, where that is not 0. */
  readonly process?: number;
}

/** All accesses of a source, by batches of a size that need not divide their number. */
export async function drain(source: AccessSource, capacity = 100): Promise<PlainAccess[]> {
  const accesses: PlainAccess[] = [];
  const batch = new AccessBatch(capacity);
  // What an earlier batch left behind must not shine through.
  batch.cpu.fill(9);
  batch.kind.fill(7);
  batch.process.fill(5);
  for (;;) {
    batch.length = 0;
    const count = await source.fill(batch);
    if (count !== batch.length) throw new Error(`fill returned ${count} and appended ${batch.length}`);
    if (count === 0) return accesses;
    for (let row = 0; row < count; row++) {
      const kind = batch.kind[row]!;
      const process = batch.process[row]!;
      accesses.push({
        address: batch.page[row]! < 0 ? 'all' : formatAddress(batch.page[row]!, batch.offset[row]!),
        size: batch.size[row]!,
        cpu: batch.cpu[row]!,
        isRead: kind === AccessKind.load,
        program: batch.program[row]!,
        ...(kind > AccessKind.load && { kind: KIND_NAMES[kind]! }),
        ...(process !== 0 && { process }),
      });
    }
  }
}

/** A source over text in memory, which arrives in pieces of random sizes, some of them late. */
export function textSource(text: string, parser: LineParser, random?: Random, pieceBytesMax = 64): TextSource {
  const meta = { kind: 'test', name: 'test', programTime: 'assumed', reads: false, parameters: {} } as const;
  return new TextSource({
    meta,
    parser,
    reader: piecewise(Buffer.from(text, 'latin1'), random, pieceBytesMax),
    head: new Uint8Array(0),
  });
}

function piecewise(bytes: Uint8Array, random: Random | undefined, pieceBytesMax: number): ByteReader {
  let at = 0;
  return {
    failure: null,
    progress: null,
    close() {},
    read(target) {
      const wanted = random === undefined ? target.length : 1 + random.below(pieceBytesMax);
      const piece = bytes.subarray(at, at + Math.min(wanted, target.length));
      at += piece.length;
      const copy = () => {
        target.set(piece);
        return piece.length;
      };
      return random !== undefined && random.below(4) === 0 ? Promise.resolve().then(copy) : copy();
    },
  };
}
