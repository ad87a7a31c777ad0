/**
 * Checkpoints of an opened trail. The head row of a checkpoint names every shard it consists of and the checkpoint that
 * stored it last; a checkpoint some of whose shards are absent is passed over for an older one.
 */
import type Database from 'better-sqlite3';
import { TrailFormatError } from '../../base/index.js';
import { unseal } from '../codec/envelope.js';
import { damaged } from '../codec/varints.js';
import type { MachineSnapshot } from '../snapshot.js';
import { joinShards, SHARD_NAME } from './shards.js';

type Head = Pick<MachineSnapshot, 'seq' | 'timeNs' | 'harvests' | 'harvesting' | 'reads'>;

export class CheckpointReader {
  readonly #path: string;
  readonly #heads: Database.Statement<[number], { seq: number; body: Uint8Array }>;
  readonly #shard: Database.Statement<[number, string], Uint8Array>;

  constructor(path: string, db: Database.Database) {
    this.#path = path;
    this.#heads = db.prepare(
      "SELECT seq, body FROM checkpoint WHERE shard = 'head' AND seq <= ? ORDER BY seq DESC LIMIT 1",
    );
    this.#shard = db
      .prepare<[number, string], Uint8Array>('SELECT body FROM checkpoint WHERE seq = ? AND shard = ?')
      .pluck();
  }

  /** The latest whole checkpoint at or before event `seq`; null when there is none. */
  atOrBefore(seq: number): MachineSnapshot | null {
    for (let row = this.#heads.get(seq); row !== undefined; row = this.#heads.get(row.seq - 1)) {
      try {
        const { head, shards } = readHead(row.body, row.seq);
        const bodies = shards.map(([name, at]) => ({ name, body: this.#shard.get(at, name) }));
        if (bodies.every((shard): shard is { name: string; body: Uint8Array } => shard.body !== undefined)) {
          return { ...head, ...joinShards(bodies) };
        }
      } catch (error) {
        if (!(error instanceof TrailFormatError)) throw error;
        throw new TrailFormatError(
          {
            what: `the checkpoint at event ${row.seq} of ${this.#path} cannot be read`,
            why: error.what,
            mend: 'restore the file from a copy, or record again; its events can still be queried',
          },
          { cause: error },
        );
      }
    }
    return null;
  }
}

function readHead(body: Uint8Array, at: number): { head: Head; shards: Array<[name: string, seq: number]> } {
  const [version, seq, timeNs, harvests, harvesting, reads, names] = unseal(body).items(7);
  version!.integer(1, 1);
  if (seq!.integer(0, Number.MAX_SAFE_INTEGER) !== at) damaged('it belongs to another event');
  const text = new TextDecoder().decode(names!.bytes());
  const shards = (text === '' ? [] : text.split(' ')).map((entry): [string, number] => {
    const [name = '', stored = ''] = entry.split('@');
    const storedAt = Number(stored);
    if (!SHARD_NAME.test(name) || !Number.isSafeInteger(storedAt) || storedAt > at)
      damaged('it names a shard that cannot be');
    return [name, storedAt];
  });
  if (new Set(shards.map(([name]) => name)).size !== shards.length) damaged('it names a shard twice');
  return {
    head: {
      seq: at,
      timeNs: timeNs!.integer(0, Number.MAX_SAFE_INTEGER),
      harvests: harvests!.integer(0, Number.MAX_SAFE_INTEGER),
      harvesting: harvesting!.integer(0, 1) === 1,
      reads: reads!.integer(0, 0xffff_ffff),
    },
    shards,
  };
}
