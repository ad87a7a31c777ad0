/**
 * What makes an SQLite file a trail: its two numbers in the header and its tables. Text of the tables is compared
 * as a whole when a trail is opened, so whatever was smuggled into a definition is refused.
 */

/** `PRAGMA application_id`: 'PgTr'. */
export const APPLICATION_ID = 0x5067_5472;

/** `PRAGMA user_version`: the version of the format; see `docs/format.md`. Versions from 1 on are read. */
export const FORMAT_VERSION = 5;

/**
 * Bytes a page of the SQLite file has. Measured: with 2048 a recording of a million pages is larger and takes 1.3 times as long to read, for a
 * call of the system reads one page; with 16384 it is larger and no faster.
 */
export const SQLITE_PAGE_BYTES = 8192;

/** The same of a small trail, once it is finished: one of 12 thousand writes takes 16 KiB then instead of 48. */
export const SQLITE_PAGE_BYTES_SMALL = 2048;
/** Trails up to so many bytes are small. Chosen: to pack one anew takes a few milliseconds. */
export const SMALL_TRAIL_BYTES = 1 << 20;

/** The tables by name, in the order of the versions that brought them. */
export const TABLES: Readonly<Record<string, { readonly since: number; readonly sql: string }>> = {
  meta: { since: 1, sql: 'CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID' },
  chunk: {
    since: 1,
    sql:
      'CREATE TABLE chunk (id INTEGER PRIMARY KEY, first_seq INTEGER NOT NULL, events INTEGER NOT NULL, ' +
      'time_first INTEGER NOT NULL, time_last INTEGER NOT NULL, kinds INTEGER NOT NULL, page_min INTEGER, page_max INTEGER, ' +
      'counts TEXT NOT NULL, body BLOB NOT NULL) STRICT',
  },
  checkpoint: {
    since: 1,
    sql:
      'CREATE TABLE checkpoint (seq INTEGER NOT NULL, shard TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (seq, shard)) ' +
      'STRICT, WITHOUT ROWID',
  },
  page_index: {
    since: 3,
    sql:
      'CREATE TABLE page_index (segment INTEGER NOT NULL, shard INTEGER NOT NULL, body BLOB NOT NULL, ' +
      'PRIMARY KEY (segment, shard)) STRICT, WITHOUT ROWID',
  },
};

/** The tables that a trail of that version has. */
export function tablesOf(version: number): Array<readonly [name: string, sql: string]> {
  return Object.entries(TABLES).flatMap(([name, { since, sql }]) => (since <= version ? [[name, sql] as const] : []));
}
