/** What SQLite says, in the words of this project. No SqliteError leaves this room. */
import Database from 'better-sqlite3';
import { InputError, TrailFormatError } from '../../base/index.js';

/** Runs `action` on the file at `path`; an error of SQLite leaves as an `InputError` or a `TrailFormatError`. */
export function withSqlite<Result>(path: string, verb: 'read' | 'write', action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    throw sqliteProblem(error, path, verb);
  }
}

/** The error to throw instead of one that SQLite threw; other errors stay what they are. */
export function sqliteProblem(error: unknown, path: string, verb: 'read' | 'write'): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  const options = { cause: error };
  const { code } = error;
  if (verb === 'read' && /^SQLITE_(CORRUPT|NOTADB|FORMAT|MISMATCH|SCHEMA|ERROR)/.test(code)) {
    return damagedFile(path, `SQLite says: ${error.message}`, options);
  }
  return new InputError(
    {
      what: `cannot ${verb} ${path}`,
      why: reason(code) ?? `SQLite says: ${error.message} (${code})`,
      mend: mend(verb, code),
    },
    options,
  );
}

/** The trail's bytes are not what they should be. */
export function damagedFile(path: string, why: string, options?: ErrorOptions): TrailFormatError {
  return new TrailFormatError(
    { what: `${path} is damaged`, why, mend: 'restore it from a copy, or record again' },
    options,
  );
}

/** What `read` makes of a part of a trail beside its events; where its bytes are damaged, the error says which part. */
export function readingPart<Result>(part: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof TrailFormatError)) throw error;
    const mend = 'restore the file from a copy, or record again; its events can still be queried';
    throw new TrailFormatError({ what: `${part} cannot be read`, why: error.what, mend }, { cause: error });
  }
}

const CANNOT_OPEN = 'it cannot be opened: the folder is missing or closed to you';

function mend(verb: 'read' | 'write', code: string): string {
  if (verb === 'read') return 'check the file and its folder';
  // What cannot be opened has nothing in it yet.
  if (code.startsWith('SQLITE_CANTOPEN')) return 'choose another place';
  return 'what was recorded before is kept; free some space or choose another place';
}

function reason(code: string): string | null {
  if (code === 'SQLITE_FULL') return 'the disk is full';
  if (code.startsWith('SQLITE_READONLY')) return 'it is write-protected';
  if (code.startsWith('SQLITE_CANTOPEN')) return CANNOT_OPEN;
  if (code.startsWith('SQLITE_IOERR')) return 'the disk is full or failing';
  if (code.startsWith('SQLITE_BUSY')) return 'another process has it locked';
  return null;
}
