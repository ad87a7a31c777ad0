/** Where accesses come from, for `record` and `compare`: a workload or a log. */
import { basename } from 'node:path';
import type { Command } from 'commander';
import { UsageError } from '../base/index.js';
import type { SourceRequest } from '../recorder/index.js';
import { wholeNumber } from './arguments.js';

export interface SourceOptions {
  readonly workload?: string;
  readonly import?: string;
  readonly format?: string;
  readonly reads?: boolean;
  readonly writes?: number;
  readonly pages?: number;
}

/** Declares them, under a heading. */
export function sourceOptions(command: Command): Command {
  return command
    .optionsGroup('Source:')
    .option('--workload <name>', 'a synthetic workload; see `pagetrail list workloads`')
    .option('--import <file>', 'a log of memory accesses, plain or gzip; - for standard input')
    .option('--format <id>', 'the format of the log, where it is not recognised; see `pagetrail list importers`')
    .option('--reads', 'play the loads of a log too; without it, TLB pressure is too low')
    .option('--writes <n>', 'writes of the workload', wholeNumber('--writes'))
    .option('--pages <n>', 'pages of the workload', wholeNumber('--pages'));
}

/** What is read, and what to call it in the name of a trail. */
export function sourceOf({ workload, import: path, writes, pages, format, reads }: SourceOptions): {
  source: SourceRequest;
  name: string;
} {
  if (workload !== undefined && path === undefined) {
    refuse({ '--format': format, '--reads': reads }, 'a workload has no format and no loads');
    return {
      source: { workload, ...(writes !== undefined && { writes }), ...(pages !== undefined && { pages }) },
      name: workload,
    };
  }
  if (path !== undefined && workload === undefined) {
    refuse({ '--writes': writes, '--pages': pages }, 'a log has the writes and pages that it has');
    const name =
      path === '-'
        ? 'stdin'
        : basename(path)
            .replace(/\.gz$/, '')
            .replace(/\.(lk|log|txt|csv)$/, '');
    return {
      source: { import: path, ...(format !== undefined && { format }), ...(reads !== undefined && { reads }) },
      name,
    };
  }
  throw new UsageError({
    what: workload === undefined ? 'there is nothing to play' : 'both --workload and --import are given',
    why: 'accesses come from one source',
    mend: 'write --workload NAME for a synthetic workload (`pagetrail list workloads`), or --import FILE for a log',
  });
}

function refuse(options: Readonly<Record<string, unknown>>, why: string): void {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  if (given.length === 0) return;
  throw new UsageError({
    what: `${given.map(([name]) => name).join(' and ')} does not fit the source`,
    why,
    mend: 'leave it out',
  });
}
