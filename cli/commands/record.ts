/** `record`: plays the writes of a source against a strategy and keeps every event in a trail. */
import { basename } from 'node:path';
import { UsageError } from '../../base/index.js';
import type { SourceRequest } from '../../recorder/index.js';
import { wholeNumber } from '../arguments.js';
import { defineCommand } from '../command.js';
import { type MachineOptions, machineOptions, operationIntervals, simulationRequest } from '../machine-options.js';
import { outputOf, recording } from '../recording.js';

interface Options extends MachineOptions {
  readonly workload?: string;
  readonly import?: string;
  readonly format?: string;
  readonly reads?: boolean;
  readonly writes?: number;
  readonly pages?: number;
}

export const record = defineCommand<Options>({
  name: 'record',
  group: 'Record',
  summary: 'play writes against a tracking strategy and keep every event in a trail',
  about:
    'Plays the writes of a workload or of a log against a simulated machine under a tracking strategy, and keeps every ' +
    'event in a trail. Ctrl-C stops the recording and keeps what was recorded (exit code 130).',
  examples: [
    {
      line: 'pagetrail record --workload zipf --writes 1000000 -o zipf.trail',
      about: 'a million writes of a synthetic workload',
    },
    {
      line: 'pagetrail record --import ls.lk.gz --strategy pfn-mkwrite --harvest-every 10000',
      about: 'the log of a real program; the trail is called ls.pfn-mkwrite.trail',
    },
    {
      line: 'valgrind --tool=lackey --trace-mem=yes --log-fd=9 ls 9>&1 >/dev/null | pagetrail record --import - -o ls.trail',
      about: 'a real program as it runs',
    },
  ],
  configure(command) {
    command
      .usage('(--workload NAME | --import FILE) [options]')
      .optionsGroup('Source:')
      .option('--workload <name>', 'a synthetic workload; see `pagetrail list workloads`')
      .option('--import <file>', 'a log of memory accesses, plain or gzip; - for standard input')
      .option('--format <id>', 'the format of the log, where it is not recognised; see `pagetrail list importers`')
      .option('--reads', 'play the loads of a log too; without it, TLB pressure is too low')
      .option('--writes <n>', 'writes of the workload', wholeNumber('--writes'))
      .option('--pages <n>', 'pages of the workload', wholeNumber('--pages'));
    machineOptions(command, (value) => `default: ${value}`);
  },
  async run(context, _args, options) {
    const { source, name } = sourceOf(options);
    const request = await simulationRequest(options);
    const output = await outputOf(options.output, name, request);
    const recorder = await import('../../recorder/index.js');
    return recording(context, output, request, (hooks) =>
      recorder.record(
        { ...request, output: output.path, source: { ...source, ...operationIntervals(options) } },
        hooks,
      ),
    );
  },
});

/** What the recording reads, and what to call it in the name of the trail. */
function sourceOf({ workload, import: path, writes, pages, format, reads }: Options): {
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
    what: workload === undefined ? 'there is nothing to record' : 'both --workload and --import are given',
    why: 'a recording has one source',
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
