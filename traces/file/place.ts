/**
 * The place a new trail goes to: checked before anything is written, and cleared of an old trail. Anything else that lies
 * there stays untouched.
 */
import { closeSync, existsSync, openSync, readSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { InputError } from '../../base/index.js';
import { APPLICATION_ID } from './schema.js';

/** Files that SQLite keeps beside a database. */
export const SIDE_SUFFIXES = ['-wal', '-shm', '-journal'] as const;

const SQLITE_MAGIC = 'SQLite format 3\0';
/** Bytes of an SQLite header. */
const HEADER_BYTES = 100;

/** The header of an SQLite file, as far as it matters here. */
export interface SqliteHeader {
  readonly pageBytes: number;
  /** Pages the file should have. */
  readonly pages: number;
  readonly userVersion: number;
  readonly applicationId: number;
}

/** null when the file is no SQLite database. Errors of the file system pass through. */
export function readSqliteHeader(path: string): SqliteHeader | null {
  const header = Buffer.alloc(HEADER_BYTES);
  const file = openSync(path, 'r');
  try {
    if (readSync(file, header, 0, HEADER_BYTES, 0) < HEADER_BYTES) return null;
  } finally {
    closeSync(file);
  }
  if (header.toString('latin1', 0, 16) !== SQLITE_MAGIC) return null;
  const pageBytes = header.readUInt16BE(16);
  return {
    pageBytes: pageBytes === 1 ? 65_536 : pageBytes,
    pages: header.readUInt32BE(28),
    userVersion: header.readUInt32BE(60),
    applicationId: header.readUInt32BE(68),
  };
}

/**
 * Makes sure that a trail can be created at `path`, and removes an old trail that lies there.
 * @throws InputError when the folder is missing, or something lies there that is no trail
 */
export function clearPlace(path: string): void {
  const folder = dirname(path);
  if (!existsSync(folder)) {
    throw cannotWrite(path, `the folder ${folder} does not exist`, 'create the folder or choose another place');
  }
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat !== undefined && !stat.isFile()) {
    const what = stat.isDirectory() ? 'it is a folder' : 'it is no ordinary file';
    throw cannotWrite(path, what, 'name a file');
  }
  try {
    if (stat !== undefined && stat.size > 0 && readSqliteHeader(path)?.applicationId !== APPLICATION_ID) {
      throw cannotWrite(path, 'a file that is no trail lies there', 'remove it or choose another name');
    }
    removeTrail(path);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw cannotWrite(path, (error as Error).message, 'check its permissions or choose another place');
  }
}

/** Removes a trail and what SQLite keeps beside it. */
export function removeTrail(path: string): void {
  for (const suffix of ['', ...SIDE_SUFFIXES]) rmSync(path + suffix, { force: true });
}

function cannotWrite(path: string, why: string, mend: string): InputError {
  return new InputError({ what: `cannot write ${path}`, why, mend });
}
