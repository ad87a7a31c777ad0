/**
 * Which checkpoint has what of each shard, while a trail is written. A `state` shard is stored as the rows that changed, on top of what
 * earlier checkpoints stored, until there are many of these or they are no less than the whole; other shards whole, when they are not as they were.
 */
import { createHash } from 'node:crypto';
import type { PackedTable } from '../codec/table.js';
import type { CheckpointState } from '../page-rows.js';
import { cutFrames, cutPages, cutTlbs, type Shard } from './shards.js';
import { MOST_CHANGES } from './shard-tables.js';

/** Rows of changes, as a part of those of the whole, from which on the whole is stored instead. */
const CHANGES_SHARE = 0.5;

interface Chain {
  /** Checkpoints: the one that has the whole, and those that have changes to it. */
  readonly seqs: number[];
  /** Rows of the whole, and those of changes since. */
  readonly rows: number;
  changedRows: number;
}

/** What a checkpoint adds to the file. */
export interface StoredShards {
  readonly stored: readonly Shard[];
  /** `name@seq` of every shard, or `name@seq+seq...` where changes belong to it, blanks between. */
  readonly manifest: string;
}

export class ShardChains {
  readonly #chains = new Map<number, Chain>();
  /** By name: digest of the bytes of a shard and the checkpoint that holds them. */
  readonly #whole = new Map<string, { digest: string; seq: number }>();

  take(state: CheckpointState): StoredShards {
    const stored: Shard[] = [];
    this.#takePages(state, stored);
    const names = [...this.#chains]
      .sort(([a], [b]) => a - b)
      .map(([number, { seqs }]) => `${nameOf(number)}@${seqs.join('+')}`);
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

  #takePages(state: CheckpointState, stored: Shard[]): void {
    const renewed = new Set<number>();
    for (const { number, table } of cutPages(state.changed)) {
      const chain = this.#chains.get(number);
      if (
        chain === undefined ||
        chain.seqs.length > MOST_CHANGES ||
        chain.changedRows + table.rows > chain.rows * CHANGES_SHARE
      ) {
        renewed.add(number);
        continue;
      }
      chain.seqs.push(state.seq);
      chain.changedRows += table.rows;
      stored.push({ name: nameOf(number), table });
    }
    if (renewed.size === 0) return;
    for (const number of renewed) this.#chains.delete(number); // all of its pages may be gone
    for (const { number, table } of cutPages(state.pagesIn(renewed))) {
      this.#chains.set(number, { seqs: [state.seq], rows: table.rows, changedRows: 0 });
      stored.push({ name: nameOf(number), table });
    }
  }
}

function nameOf(number: number): string {
  return `state:${number}`;
}

function digestOf({ rows, columnBytes, raw }: PackedTable): string {
  // Columns that are constant have the same bytes however many rows there are.
  return createHash('sha256')
    .update(`${rows} ${columnBytes.join(' ')} `)
    .update(raw)
    .digest('base64');
}
