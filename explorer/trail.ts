/** A way through a scenario as an ordinary trail, for every other part of pagetrail. */
import { actorNames, type SimulationSettings } from '../simulator/index.js';
import { metaOf } from '../recorder/index.js';
import { type TrailMeta, TrailWriter } from '../traces/index.js';
import { type Execution, perform } from './execution.js';
import { AGAIN, againText } from './proof/again.js';
import type { Setting } from './scenario.js';
import { stage, type Staged } from './stage.js';
import type { TargetSpec } from './target.js';

export interface TrailRequest {
  readonly path: string;
  readonly setting: Setting;
  readonly schedule: readonly number[];
  readonly reduce: boolean;
  /** Name of the scenario, and what else tells how the trail came about. */
  readonly name: string;
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
  /** What names the program, so that whoever reads the trail can run it again. */
  readonly spec?: TargetSpec;
}

/**
 * Performs the schedule and writes its events.
 * @throws InputError when the path cannot be written or holds something that is no trail
 */
export async function writeTrail(request: TrailRequest): Promise<Execution> {
  const { path, setting, schedule, reduce } = request;
  const writer = TrailWriter.create(path, metaFor(request));
  const execution = perform(setting, schedule, reduce, (batch) => writer.append(batch));
  const { machine } = execution.staged.world;
  if (machine.journal.batch.length > 0) writer.append(machine.journal.batch);
  await writer.close({
    complete: true,
    incompleteReason: null,
    cpus: machine.cpus.count,
    programNs: machine.journal.program.reduce((sum, ns) => sum + ns, 0),
    skippedLines: 0,
    firstSkippedLine: null,
  });
  return execution;
}

/** What a trail of the scenario says about itself. */
export function metaFor({ setting, name, parameters, spec, schedule, reduce }: Omit<TrailRequest, 'path'>): TrailMeta {
  const staged = stage(setting, () => undefined);
  const subject = { ...staged, actors: actorsOf(staged), spaces: staged.world.spaces };
  const verdict = String(parameters['verdict'] ?? '');
  const again = spec === undefined ? {} : { [AGAIN]: againText({ spec, schedule, reduce, verdict }) };
  const all = { ...parameters, ...again };
  const source = { kind: 'scenario', name, programTime: 'assumed', reads: true, parameters: all } as const;
  const ours = metaOf(subject, { meta: source });
  const meta = { ...ours, steps: [...ours.steps, ...(setting.steps ?? [])] };
  // Handlers of its own make it a tracker of its own.
  return setting.handlers === undefined ? meta : { ...meta, strategy: name };
}

/** By number: those that every trail has, and in place of the program of a CPU whoever runs there. */
function actorsOf({ actors, world }: Staged & { readonly settings: SimulationSettings }): string[] {
  const names = [...actorNames(world.machine.cpus.count)];
  for (const { name, number } of actors) names[number] = name;
  return names;
}
