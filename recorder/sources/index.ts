/**
 * Sources that read logs. To add a format: write its importer (a detector and a `LineParser`) in a file of its own and add it
 * to IMPORTERS. Start at `source.ts`, then `text-source.ts`.
 */
import { basename } from 'node:path';
import { InputError, nearest, UsageError } from '../../base/index.js';
import { csv } from './csv.js';
import { detectFormat as detectAmong, HEAD_BYTES, unknownFormat } from './detect.js';
import type { Importer } from './importer.js';
import { inputLabel, openInput } from './input.js';
import { lackey } from './lackey.js';
import type { AccessSource } from './source.js';
import { TextSource } from './text-source.js';

export { HELD_BYTES, type HeldAccesses, hold, openHeld } from './held.js';
export type { Importer, Likeness, ParserOptions } from './importer.js';
export { onCpus } from './on-cpus.js';
export { type OperationIntervals, withOperations } from './operations.js';
export type { AccessSource, SkippedLines } from './source.js';
export type { LineParser } from './text-source.js';
export { openTrail } from './trail.js';

/** All formats, in the order in which they are asked. */
export const IMPORTERS: readonly Importer[] = [lackey, csv];

export interface ImportOptions {
  /** A file, or `-` for standard input; either may be gzip. */
  readonly path: string;
  /** Id of an importer; detected from the first 4 KiB when left out. */
  readonly format?: string;
  /** Deliver loads too. */
  readonly reads: boolean;
}

/** The id of the format that an input beginning with these bytes is in; null when it is none. */
export function detectFormat(head: Uint8Array): string | null {
  return detectAmong(head, IMPORTERS)?.id ?? null;
}

/**
 * Opens a log as a source of accesses.
 * @throws UsageError for an unknown format name; InputError for an input that is missing, unreadable, empty, or in no known format
 */
export async function openImport(options: ImportOptions): Promise<AccessSource> {
  const named = options.format === undefined ? null : importerNamed(options.format);
  const reader = await openInput(options.path);
  try {
    const room = new Uint8Array(HEAD_BYTES);
    let length = 0;
    let importer = named;
    while (length < HEAD_BYTES && (importer === null || length === 0)) {
      const count = await reader.read(room.subarray(length));
      if (count === 0) break;
      length += count;
      importer ??= detectAmong(room.subarray(0, length), IMPORTERS, false);
    }
    const head = room.subarray(0, length);
    const label = inputLabel(options.path);
    if (length === 0) throw reader.failure ?? emptyInput(label);
    importer ??= detectAmong(head, IMPORTERS);
    if (importer === null) throw unknownFormat(label, head, IMPORTERS);
    return new TextSource({
      meta: {
        kind: importer.id,
        name: options.path === '-' ? '-' : basename(options.path),
        programTime: importer.programTime,
        reads: options.reads,
        parameters: {},
      },
      parser: importer.parser({ reads: options.reads }),
      reader,
      head,
    });
  } catch (error) {
    reader.close();
    throw error;
  }
}

function importerNamed(format: string): Importer {
  const importer = IMPORTERS.find(({ id }) => id === format);
  if (importer !== undefined) return importer;
  const ids = IMPORTERS.map(({ id }) => id);
  const near = nearest(format, ids);
  throw new UsageError({
    what: `unknown format '${format}'`,
    why: near === null ? `known are ${ids.join(', ')}` : `did you mean '${near}'?`,
    mend: 'leave `--format` out to have it detected; `pagetrail list importers` shows all',
  });
}

function emptyInput(label: string): InputError {
  return new InputError({
    what: `${label} is empty`,
    why: 'there is nothing to record',
    mend: 'check the command that should have written it (lackey writes to standard error unless told --log-file)',
  });
}
