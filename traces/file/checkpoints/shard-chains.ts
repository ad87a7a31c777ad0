/**
 * Which checkpoint has what of each shard, while a trail is written. Of pages, a checkpoint stores the rows that changed; after some of these they
 * are put together in one table, and that in turn with what lies below it where the average checkpoint is then smaller (as log-structured merge
 * trees do it). Other shards are stored whole, when they are not as they were.
 */
import { createHash } from 'node:crypto';
import type { PackedTable } from '../../codec/table.js';
import type { CheckpointState } from '../../page-rows.js';
import type { PageTable } from './page-pairs.js';
import { packPages, PageStack } from './page-stack.js';
import { cutFrames, cutPages, cutTlbs, type Shard } from './shards.js';

/**
 * Tables of changes that are left by themselves. Measured with zipf over 65,536 pages: with 7 checkpoints take 12 % more bytes, and
 * a state is read from them in three quarters of the time.
 */
const MOST_RECENT = 11;

interface Stored {
  readonly seq: number;
  readonly table: PackedTable;
}

/** The tables of a shard, from the lowest to the topmost. */
interface Chain {
  lowest: Stored;
  /** What was put together since. */
  merged: Stored | null;
  recent: Stored[];
  /** How many of these there may be. */
  mostRecent: number;
  /** Bytes of the lowest and of all that were put together on top of it, one after the other. */
  bytes: number;
  /** How many these are. */
  tables: number;
}

/** What a checkpoint adds to the file. */
export interface StoredShards {
  readonly stored: readonly Shard[];
  /** `name@seq` of every shard, or `name@seq+seq...` where it is several tables, blanks between. */
  readonly manifest: string;
}

export class ShardChains {
  readonly #chains = new Map<number, Chain>();
  readonly #stack = new PageStack(true);
  /** By name: digest of the bytes of a shard and the checkpoint that holds them. */
  readonly #whole = new Map<string, { digest: string; seq: number }>();

  take(state: CheckpointState): StoredShards {
    const stored: Shard[] = [];
    for (const { number, table } of cutPages(state)) {
      const packed = this.#add(number, table, state.seq);
      if (packed !== null) stored.push({ name: nameOf(number), table: packed });
    }
    const names = [...this.#chains]
      .sort(([a], [b]) => a - b)
      .map(([number, chain]) => `${nameOf(number)}@${seqsOf(chain).join('+')}`);
    for (const shard of [...cutFrames(state.shared), ...cutTlbs(state.tlbs)]) {
      const digest = digestOf(shard.table);
      let known = this.#whole.get(shard.name);
      if (known?.digest !== digest) {
        known = { digest, seq: state.seq };
        this.#whole.set(shard.name, known);
        stored.push(shard);
      }
      names.push(`${shard.name}@${known.seq}`);
    }
    return { stored, manifest: names.join(' ') };
  }

  /** What is stored of these changes; null where no page is left. */
  #add(number: number, table: PageTable, seq: number): PackedTable | null {
    const chain = this.#chains.get(number);
    if (chain === undefined) {
      // All shards are put together at different times, so that no checkpoint takes much longer than others.
      const mostRecent = number % (MOST_RECENT + 1);
      return this.#begin(number, table, seq, mostRecent);
    }
    if (chain.recent.length < chain.mostRecent) {
      const packed = packPages(table, false);
      chain.recent.push({ seq, table: packed });
      return packed;
    }
    this.#stack.clear();
    const upper = [...(chain.merged === null ? [] : [chain.merged]), ...chain.recent];
    const merged = this.#stack.put([...upper.map((older) => this.#stack.open(older.table)), table]);
    const packed = packPages(merged, false);
    if (packed.raw.length * chain.tables > chain.bytes) {
      const whole = this.#stack.put([this.#stack.open(chain.lowest.table), merged]);
      return this.#begin(number, this.#stack.withoutGone(whole), seq, MOST_RECENT);
    }
    chain.merged = { seq, table: packed };
    chain.recent = [];
    chain.mostRecent = MOST_RECENT;
    chain.bytes += packed.raw.length;
    chain.tables++;
    return packed;
  }

  #begin(number: number, table: PageTable, seq: number, mostRecent: number): PackedTable | null {
    if (table.rows === 0) {
      this.#chains.delete(number);
      return null;
    }
    const packed = packPages(table, true);
    const lowest = { seq, table: packed };
    this.#chains.set(number, { lowest, merged: null, recent: [], mostRecent, bytes: packed.raw.length, tables: 1 });
    return packed;
  }
}

function seqsOf({ lowest, merged, recent }: Chain): number[] {
  return [lowest, ...(merged === null ? [] : [merged]), ...recent].map(({ seq }) => seq);
}

function nameOf(number: number): string {
  return `changes:${number}`;
}

function digestOf({ rows, columnBytes, raw }: PackedTable): string {
  // Columns that are constant have the same bytes however many rows there are.
  return createHash('sha256')
    .update(`${rows} ${columnBytes.join(' ')} `)
    .update(raw)
    .digest('base64');
}
