/** `replay`: the accesses that a trail recorded, under another strategy. What-if is recording with a trail as the source. */
import { basename } from 'node:path';
import { defineCommand } from '../command.js';
import { type MachineOptions, machineOptions, outputOf, recording, simulationRequest } from '../recording.js';
import { openTrail } from '../trail.js';

export const replay = defineCommand<MachineOptions>({
  name: 'replay',
  group: 'Record',
  summary: 'record the accesses of a trail again, under another strategy',
  about:
    'Plays the accesses that a trail recorded under another strategy, machine or cost profile, into a new trail. What is not ' +
    'given stays as it was, mutations excepted: these are never taken over.',
  examples: [
    {
      line: 'pagetrail replay a.trail --strategy pfn-mkwrite -o b.trail',
      about: 'what would write protection have cost?',
    },
    { line: 'pagetrail replay a.trail --mutate no-flush -o broken.trail', about: 'what if the flush were forgotten?' },
  ],
  configure(command) {
    command.argument('<trail>', 'the trail whose accesses are played');
    machineOptions(command, () => 'default: as in the trail');
  },
  async run(context, args, options) {
    const trail = args[0]!;
    const reader = await openTrail(context, trail);
    const request = await simulationRequest({
      ...(reader.meta.strategy !== null && { strategy: reader.meta.strategy }),
      ...options,
    });
    const output = await outputOf(options.output, basename(trail).replace(/\.trail$/, ''), request);
    const recorder = await import('../../recorder/index.js');
    return recording(context, output, request, (hooks) =>
      recorder.replay({ ...request, trail, output: output.path }, hooks),
    );
  },
});
