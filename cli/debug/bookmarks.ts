/**
 * Bookmarks: names for events, kept beside the trail in `RUN.trail.bookmarks` and never in it. The file is JSON with a version, small, and
 * replaced as a whole, so that a crash leaves the old one or the new one.
 */
import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { InputError, nearest, UsageError } from '../../base/index.js';

export interface Bookmark {
  readonly name: string;
  readonly seq: number;
  /** '' for none. */
  readonly note: string;
}

const VERSION = 1;
/** Chosen: far above what a person sets; a larger file is something else. */
const BYTES_MAX = 2 ** 22;

export class Bookmarks {
  readonly #path: string | null;
  #list: Bookmark[] | null = null;

  /** @param trail path of the trail; null keeps bookmarks for the session only */
  constructor(trail: string | null) {
    this.#path = trail === null ? null : `${trail}.bookmarks`;
  }

  /** By seq. Throws an `InputError` when the file cannot be read. */
  get all(): readonly Bookmark[] {
    this.#list ??= this.#path === null ? [] : readBookmarks(this.#path);
    return this.#list;
  }

  /** Sets one, in place of one of that name. Throws an `InputError` when it cannot be kept; then nothing has changed. */
  set(bookmark: Bookmark): void {
    if (!/^[A-Za-z_][\w.-]*$/.test(bookmark.name)) {
      throw new UsageError({
        what: `'${bookmark.name}' is no name for a bookmark`,
        why: 'a name is letters, digits, "_", "-" and ".", and begins with a letter',
        mend: 'for instance bookmark first-loss',
      });
    }
    this.#keep([...this.#fresh().filter(({ name }) => name !== bookmark.name), bookmark]);
  }

  remove(name: string): void {
    const { seq } = this.find(name);
    this.#keep(this.#fresh().filter((bookmark) => bookmark.name !== name || bookmark.seq !== seq));
  }

  /** Throws a `UsageError` with the nearest name when there is none. */
  find(name: string): Bookmark {
    const found = this.all.find((bookmark) => bookmark.name === name);
    if (found !== undefined) return found;
    const guess = nearest(
      name,
      this.all.map((bookmark) => bookmark.name),
    );
    throw new UsageError({
      what: `there is no bookmark '${name}'`,
      ...(guess !== null && { why: `did you mean '${guess}'?` }),
      mend: 'see `bookmarks`, or set one with `bookmark NAME`',
    });
  }

  /** What is in the file now: another session may have set some. */
  #fresh(): readonly Bookmark[] {
    if (this.#path !== null) this.#list = null;
    return this.all;
  }

  #keep(list: readonly Bookmark[]): void {
    const sorted = list.toSorted((a, b) => a.seq - b.seq || (a.name < b.name ? -1 : 1));
    if (this.#path !== null) writeBookmarks(this.#path, sorted);
    this.#list = sorted;
  }
}

function readBookmarks(path: string): Bookmark[] {
  if (!existsSync(path)) return [];
  const unreadable = (why: string, cause?: unknown): InputError =>
    new InputError(
      { what: `the bookmarks in ${path} cannot be read`, why, mend: 'mend the file, or take it away' },
      { cause },
    );
  let parsed: unknown;
  try {
    if (statSync(path).size > BYTES_MAX) throw new Error(`it has more than ${BYTES_MAX} bytes`);
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw unreadable((error as Error).message, error);
  }
  const { version, bookmarks } = (parsed ?? {}) as { version?: unknown; bookmarks?: unknown };
  if (typeof version === 'number' && version > VERSION) throw unreadable('a newer version of pagetrail wrote it');
  if (version !== VERSION || !Array.isArray(bookmarks)) throw unreadable('it is no list of bookmarks');
  return bookmarks.map((entry: unknown) => {
    const { name, seq, note } = (entry ?? {}) as Partial<Bookmark>;
    if (typeof name !== 'string' || !Number.isSafeInteger(seq) || seq! < 0 || typeof note !== 'string')
      throw unreadable('one of its bookmarks has no name, seq or note');
    return { name, seq: seq!, note };
  });
}

function writeBookmarks(path: string, bookmarks: readonly Bookmark[]): void {
  const next = `${path}.new`;
  try {
    writeFileSync(next, `${JSON.stringify({ version: VERSION, bookmarks }, null, 2)}\n`);
    renameSync(next, path);
  } catch (error) {
    forget(next);
    throw new InputError(
      {
        what: `the bookmark cannot be kept in ${path}`,
        why: (error as Error).message,
        mend: 'make the folder of the trail writable, or look at a copy of the trail elsewhere',
      },
      { cause: error },
    );
  }
}

/** Takes away a half-written file, where there is one. */
function forget(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // It is not ours then; the error that led here is the one to tell.
  }
}
