/** `record`: plays the writes of a source against a strategy and keeps every event in a trail. */
import { defineCommand } from '../command.js';
import { type MachineOptions, machineOptions, operationIntervals, simulationRequest } from '../machine-options.js';
import { outputOf, recording } from '../recording.js';
import { sourceOf, type SourceOptions, sourceOptions } from '../source-options.js';

type Options = MachineOptions & SourceOptions;

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
    sourceOptions(command.usage('(--workload NAME | --import FILE) [options]'));
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
