/**
 * Checkpoints of an opened trail. The head row of a checkpoint names every shard it consists of and the checkpoints that have
 * stored it; a checkpoint some of whose shards are absent is passed over for an older one. Shards are read when they are needed.
 */
import type Database from 'better-sqlite3';
import type { MachineHead, StateSink } from '../../page-rows.js';
import { sendSnapshot } from '../../send-snapshot.js';
import { framesUnder, type MachineSnapshot, pagesIn, type PageScope } from '../../snapshot.js';
import { isStacked, readHead, type StoredShard } from './checkpoint-head.js';
import { joinFrames, joinPages, joinTlbs, type ShardBody, ShardOpener } from './join-shards.js';
import { type ShardPart, TLB_BOUNDS } from './shard-tables.js';
import { RANGE_PAGES, RANGE_SHARDS, rangeShard } from '../ranges.js';
import { PageStack } from './page-stack.js';
import { readingPart } from '../sqlite-errors.js';

/** Thrown where a shard is not there. */
const ABSENT = Symbol('absent');

export class CheckpointReader {
  readonly #path: string;
  /** Puts the tables of pages together that lie on top of each other; null before format 4. */
  readonly #stack: PageStack | null;
  readonly #heads: Database.Statement<[number], { seq: number; body: Uint8Array }>;
  readonly #seqs: Database.Statement<[number], number>;
  readonly #shard: Database.Statement<[number, string], Uint8Array>;

  /** @param version of the format */
  constructor(path: string, db: Database.Database, version: number) {
    this.#path = path;
    this.#stack = version >= 4 ? new PageStack(version >= 5) : null;
    const latest = "FROM checkpoint WHERE shard = 'head' AND seq <= ? ORDER BY seq DESC LIMIT 1";
    this.#heads = db.prepare(`SELECT seq, body ${latest}`);
    this.#seqs = db.prepare<[number], number>(`SELECT seq ${latest}`).pluck();
    this.#shard = db
      .prepare<[number, string], Uint8Array>('SELECT body FROM checkpoint WHERE seq = ? AND shard = ?')
      .pluck();
  }

  /** `seq` of the latest checkpoint at or before event `seq`, whole or not; -1 where there is none. */
  seqAtOrBefore(seq: number): number {
    return this.#seqs.get(seq) ?? -1;
  }

  /** Hands out the latest whole checkpoint at or before event `seq`; false where there is none. */
  load(seq: number, scope: PageScope | null, sink: StateSink): boolean {
    for (let row = this.#heads.get(seq); row !== undefined; row = this.#heads.get(row.seq - 1)) {
      try {
        const { seq: at, body } = row;
        readingPart(`the checkpoint at event ${at} of ${this.#path}`, () => this.#load(at, body, scope, sink));
        return true;
      } catch (error) {
        if (error !== ABSENT) throw error;
      }
    }
    return false;
  }

  #load(seq: number, body: Uint8Array, scope: PageScope | null, sink: StateSink): void {
    const { head, shards } = readHead(body, seq);
    if (this.#stack === null) sendSnapshot(this.#snapshot(head, shards, scope), sink);
    else this.#send(this.#stack, head, shards, scope, sink);
  }

  #send(
    stack: PageStack,
    head: MachineHead,
    shards: readonly StoredShard[],
    scope: PageScope | null,
    sink: StateSink,
  ): void {
    const opener = new ShardOpener();
    const within = shardsOf(scope);
    sink.begin(head);
    for (const { name, part, number, seqs } of shards) {
      if (!isStacked(part) || !within(number)) continue;
      stack.clear();
      const tables = seqs.map((seq, layer) => {
        const table = opener.openPages(stack, this.#body(seq, name), number, layer);
        return scope === null ? table : stack.within(table, scope);
      });
      sink.pages(stack.rowsOf(stack.put(tables)));
    }
    // Of some pages nobody wants what they share with others: it is told that they do.
    if (scope === null) sink.frames(joinFrames(opener, this.#bodies(shards, ['frames'])));
    sink.tlbs(this.#tlbs(shards, opener));
  }

  /** Of a trail before format 4. */
  #snapshot(head: MachineHead, shards: readonly StoredShard[], scope: PageScope | null): MachineSnapshot {
    const opener = new ShardOpener();
    const within = shardsOf(scope);
    const tlbs = this.#tlbs(shards, opener);
    const bodies = this.#bodies(
      shards.filter(({ number }) => within(number)),
      ['pages', 'maps', 'ptes'],
    );
    const pages = joinPages(opener, bodies);
    if (scope === null) return { ...head, pages, frames: joinFrames(opener, this.#bodies(shards, ['frames'])), tlbs };
    const ours = pagesIn(pages, scope);
    const under = new Set<number>();
    for (const frame of ours.frame) if (frame >= 0) under.add(rangeShard(frame));
    const frames = this.#bodies(
      shards.filter(({ number }) => under.has(number)),
      ['frames'],
    );
    return { ...head, pages: ours, frames: framesUnder(ours, joinFrames(opener, frames)), tlbs };
  }

  #bodies(shards: readonly StoredShard[], parts: readonly ShardPart[]): ShardBody[] {
    return shards
      .filter(({ part }) => parts.includes(part))
      .map(({ name, part, number, seqs }) => ({ part, number, body: this.#body(seqs[0]!, name) }));
  }

  #body(seq: number, name: string): Uint8Array {
    const body = this.#shard.get(seq, name);
    if (body === undefined) throw ABSENT;
    return body;
  }

  #tlbs(shards: readonly StoredShard[], opener: ShardOpener): MachineSnapshot['tlbs'] {
    const bodies = this.#bodies(shards, ['tlbs']);
    return joinTlbs(bodies.map((body) => ({ cpu: body.number, columns: opener.open(body.body, TLB_BOUNDS) })));
  }
}

/** Whether pages of the scope may lie in a shard of that number. */
function shardsOf(scope: PageScope | null): (shard: number) => boolean {
  if (scope === null) return () => true;
  const shards = new Set<number>();
  const first = Math.floor(scope.from / RANGE_PAGES);
  const last = Math.floor((scope.to - 1) / RANGE_PAGES);
  if (last - first >= RANGE_SHARDS) return () => true;
  for (let range = first; range <= last; range++) shards.add(rangeShard(range * RANGE_PAGES));
  return (shard) => shards.has(shard);
}
