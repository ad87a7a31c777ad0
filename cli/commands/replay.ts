/** `replay`: the accesses that a trail recorded, under another strategy. What-if is recording with a trail as the source. */
import { basename } from 'node:path';
import { defineCommand } from '../command.js';
import { type MachineOptions, machineOptions, operationIntervals, simulationRequest } from '../machine-options.js';
import { outputOf, recording } from '../recording.js';
import { openTrail } from '../trail.js';

export const replay = defineCommand<MachineOptions>({
  name: 'replay',
  group: 'Record',
  summary: 'record the accesses of a trail again, under another strategy',
  about:
    'Plays the accesses that a trail recorded under another strategy, machine or cost profile, into a new trail. What is not ' +
    'given stays as it was, as far as it fits, mutations excepted: these are never taken over.',
  examples: [
    {
      line: 'pagetrail replay a.trail --strategy pfn-mkwrite -o b.trail',
      about: 'what would write protection have cost?',
    },
    { line: 'pagetrail replay a.trail --mutate no-flush -o broken.trail', about: 'what if the flush were forgotten?' },
  ],
  configure(command) {
    command.argument('<trail>', 'the trail whose accesses are played');
    machineOptions(command, () => 'default: as in the trail')
      .optionsGroup('Machine:')
      .option('--no-device-mmu', 'writes of devices go by plain DMA again');
  },
  async run(context, args, options) {
    const trail = args[0]!;
    const recorder = await import('../../recorder/index.js');
    const { meta } = await openTrail(context, trail);
    const changes = { ...(await simulationRequest(options)), ...operationIntervals(options) };
    const request = recorder.replaySettings(meta, changes);
    const output = await outputOf(options.output, basename(trail).replace(/\.trail$/, ''), request);
    return recording(context, output, request, (hooks) =>
      recorder.replay({ ...changes, trail, output: output.path }, hooks),
    );
  },
});
