/** A file beside the answer, for other programs: whole or not at all, so that nobody reads half of it. `-` is stdout. */
import { lstatSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { InputError } from '../base/index.js';

/** Throws an `InputError` when the file cannot be written; what was there before is untouched then. */
export function writeWhole(path: string, text: string): void {
  const draft = `${path}.${process.pid}.tmp`;
  try {
    const replaced = lstatSync(path, { throwIfNoEntry: false });
    // A link, a pipe or a device such as /dev/stdout is written through, never put another file in its place.
    if (replaced?.isFile() === false) {
      writeFileSync(path, text);
      return;
    }
    writeFileSync(draft, text);
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw new InputError(
      { what: `${path} cannot be written`, why: reasonOf(error), mend: 'give a file in a folder that exists' },
      { cause: error },
    );
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'its folder is a file',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOSPC: 'the disk is full',
  EROFS: 'the file system is read-only',
};

function reasonOf(error: unknown): string {
  return REASONS[(error as NodeJS.ErrnoException).code ?? ''] ?? (error as Error).message;
}
