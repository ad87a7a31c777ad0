/** The tables of the page index of an opened trail, as they are stored. */
import type Database from 'better-sqlite3';
import { OpenTable, openTable } from '../../codec/table.js';
import { readingPart } from '../sqlite-errors.js';

/**
 * What is made of tables and kept, each up to 150 KB. Chosen: all of a recording of 65,536 pages and 30 million events; what is dropped and
 * made anew again and again is garbage of the lasting sort, whose collection takes longer than the answer.
 */
const MOST_KEPT = 512;

export class IndexTables {
  readonly #path: string;
  readonly #body: Database.Statement<[number, number], Uint8Array>;

  constructor(path: string, db: Database.Database) {
    this.#path = path;
    this.#body = db
      .prepare<[number, number], Uint8Array>('SELECT body FROM page_index WHERE segment = ? AND shard = ?')
      .pluck();
  }

  /** Null where there is none. @throws TrailFormatError */
  open(segment: number, shard: number, mostColumns: number): OpenTable | null {
    const body = this.#body.get(segment, shard);
    return body === undefined ? null : this.named(segment, () => OpenTable.sealed(body, mostColumns));
  }

  /** The same, as all of its columns. @throws TrailFormatError */
  columns(segment: number, shard: number, bounds: ReadonlyArray<readonly [number, number]>): Float64Array[] | null {
    const body = this.#body.get(segment, shard);
    return body === undefined ? null : this.named(segment, () => openTable(body, bounds));
  }

  /** What `read` gives; an error about damaged bytes says of which segment and file. */
  named<Result>(segment: number, read: () => Result): Result {
    return readingPart(`the page index of segment ${segment} of ${this.#path}`, read);
  }
}

/** What was made of a segment's tables for one range of pages, as long as there is room. */
export class KeptTables<Made> {
  readonly #made = new Map<string, Made>();

  /** What was kept, or what `make` makes now. */
  get(segment: number, shard: number, make: () => Made): Made {
    const key = `${segment} ${shard}`;
    let made = this.#made.get(key);
    if (made === undefined) {
      made = make();
      if (this.#made.size >= MOST_KEPT) this.#made.delete(this.#made.keys().next().value!);
      this.#made.set(key, made);
    }
    return made;
  }
}
