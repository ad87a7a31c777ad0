/**
 * Logs of real programs and the ways in which they are recorded here. The shipped log unless PAGETRAIL_LOGS names a folder of others, which no
 * recorder and no reader has been tuned by: `PAGETRAIL_LOGS=~/logs npx vitest run house/time-travel house/why-of-logs`.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { RecordRequest } from '../recorder/index.js';
import { ROOT } from './sources.js';

export const HELD_OUT = process.env['PAGETRAIL_LOGS'];

/** Paths of the logs. */
export const LOGS: readonly string[] =
  HELD_OUT === undefined
    ? [join(ROOT, 'examples/logs/ls.lk.gz')]
    : readdirSync(HELD_OUT)
        .filter((name) => /\.(lk|csv)(\.gz)?$/.test(name))
        .sort()
        .map((name) => join(HELD_OUT, name));

export interface LogRecording {
  readonly name: string;
  readonly request: Omit<RecordRequest, 'source' | 'output'>;
  readonly operations?: { readonly moveEvery?: number; readonly unmapEvery?: number };
  /** The loads are played too. */
  readonly reads?: boolean;
}
