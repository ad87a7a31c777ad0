/**
 * Checkpoints of an opened trail. The head row of a checkpoint names every shard it consists of and the checkpoint that
 * stored it last; a checkpoint some of whose shards are absent is passed over for an older one. Shards are read when they are needed.
 */
import type Database from 'better-sqlite3';
import { TrailFormatError } from '../../base/index.js';
import { unseal } from '../codec/envelope.js';
import { damaged } from '../codec/varints.js';
import { framesUnder, type MachineSnapshot, pagesIn, type PageScope, type ScopedSnapshot } from '../snapshot.js';
import { joinFrames, joinPages, joinTlbs, type ShardBody, ShardOpener } from './join-shards.js';
import { RANGE_PAGES, RANGE_SHARDS, rangeShard, SHARD_NAME, type ShardPart, TLB_BOUNDS } from './shard-tables.js';

type Head = Pick<MachineSnapshot, 'seq' | 'timeNs' | 'harvests' | 'harvesting' | 'reads'>;
/** A shard, and the checkpoint that stored it. */
interface StoredShard {
  readonly name: string;
  readonly part: ShardPart;
  readonly number: number;
  readonly seq: number;
}

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
    return this.#latest(seq, (head, shards) => {
      const opener = new ShardOpener();
      const pages = this.#bodies(shards, ['pages', 'maps', 'ptes']);
      const frames = this.#bodies(shards, ['frames']);
      const tlbs = this.#tlbs(shards, opener);
      if (pages === null || frames === null || tlbs === null) return null;
      return { ...head, pages: joinPages(opener, pages), frames: joinFrames(opener, frames), tlbs };
    });
  }

  /** The same of some pages, their frames, and all TLBs. */
  scopedAtOrBefore(seq: number, scope: PageScope): ScopedSnapshot | null {
    return this.#latest(seq, (head, shards) => {
      const opener = new ShardOpener();
      const ranges = shardsOfRange(scope);
      const bodies = this.#bodies(
        shards.filter(({ number }) => ranges.has(number)),
        ['pages', 'maps', 'ptes'],
      );
      const tlbs = this.#tlbs(shards, opener);
      if (bodies === null || tlbs === null) return null;
      const pages = pagesIn(joinPages(opener, bodies), scope);
      const under = new Set<number>();
      for (const frame of pages.frame) if (frame >= 0) under.add(rangeShard(frame));
      const frames = this.#bodies(
        shards.filter(({ number }) => under.has(number)),
        ['frames'],
      );
      if (frames === null) return null;
      return { ...head, pages, ...framesUnder(pages, joinFrames(opener, frames)), tlbs };
    });
  }

  /** What `read` makes of the latest checkpoint that has all it needs; `read` gives null where something is absent. */
  #latest<T>(seq: number, read: (head: Head, shards: readonly StoredShard[]) => T | null): T | null {
    for (let row = this.#heads.get(seq); row !== undefined; row = this.#heads.get(row.seq - 1)) {
      try {
        const { head, shards } = readHead(row.body, row.seq);
        const state = read(head, shards);
        if (state !== null) return state;
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

  /** null where one of them is absent. */
  #bodies(shards: readonly StoredShard[], parts: readonly ShardPart[]): ShardBody[] | null {
    const bodies: ShardBody[] = [];
    for (const { name, part, number, seq } of shards) {
      if (!parts.includes(part)) continue;
      const body = this.#shard.get(seq, name);
      if (body === undefined) return null;
      bodies.push({ part, number, body });
    }
    return bodies;
  }

  #tlbs(shards: readonly StoredShard[], opener: ShardOpener): MachineSnapshot['tlbs'] | null {
    const bodies = this.#bodies(shards, ['tlbs']);
    return bodies === null
      ? null
      : joinTlbs(bodies.map((body) => ({ cpu: body.number, columns: opener.open(body, TLB_BOUNDS) })));
  }
}

/** Numbers of the shards that pages of the scope may lie in. */
function shardsOfRange({ from, to }: PageScope): { has(shard: number): boolean } {
  const shards = new Set<number>();
  const first = Math.floor(from / RANGE_PAGES);
  const last = Math.floor((to - 1) / RANGE_PAGES);
  if (last - first >= RANGE_SHARDS) return { has: () => true };
  for (let range = first; range <= last; range++) shards.add(rangeShard(range * RANGE_PAGES));
  return shards;
}

function readHead(body: Uint8Array, at: number): { head: Head; shards: StoredShard[] } {
  const [version, seq, timeNs, harvests, harvesting, reads, names] = unseal(body).items(7);
  version!.integer(1, 1);
  if (seq!.integer(0, Number.MAX_SAFE_INTEGER) !== at) damaged('it belongs to another event');
  const text = new TextDecoder().decode(names!.bytes());
  const shards = (text === '' ? [] : text.split(' ')).map((entry): StoredShard => {
    const [name = '', stored = ''] = entry.split('@');
    const storedAt = Number(stored);
    if (!SHARD_NAME.test(name) || !Number.isSafeInteger(storedAt) || storedAt > at)
      damaged('it names a shard that cannot be');
    const [part, number] = name.split(':');
    return { name, part: part as ShardPart, number: Number(number), seq: storedAt };
  });
  if (new Set(shards.map(({ name }) => name)).size !== shards.length) damaged('it names a shard twice');
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
