/**
 * What-if is recording: the accesses of a trail under another strategy, with everything else as it was unless changed. What the changes
 * make senseless falls back to its default.
 */
import { InputError } from '../base/index.js';
import { configure, type SimulationRequest, type SimulationSettings, STRATEGIES } from '../simulator/index.js';
import { type TrailMeta, TrailReader } from '../traces/index.js';
import type { RecordHooks } from './pump.js';
import { type RecordResult, record } from './record.js';
import { recordedSettings } from './settings-in-meta.js';
import type { OperationIntervals } from './sources/index.js';

/** Operations come on top of those that the trail has. */
export interface ReplayRequest extends SimulationRequest, OperationIntervals {
  /** The trail whose accesses are played. */
  readonly trail: string;
  readonly output: string;
}

/** Who tracks. */
const SIDES = ['strategy', 'guest', 'host', 'monitor'] as const;
/** Settings that fit every strategy. */
const AS_EVER = [
  'seed',
  'harvestEvery',
  'populate',
  'interleave',
  'tlbSets',
  'tlbWays',
  'cpus',
  'vmaGapPages',
  'objectPages',
] as const;
/** Settings that fit or do not fit the strategies, and each other; each may rest on those before it. */
const FITTING = [
  'host',
  'monitor',
  'arch',
  'vma',
  'memory',
  'pageSize',
  'mms',
  'alias',
  'device',
  'deviceMmu',
  'walker',
  'split',
  'ringEntries',
] as const satisfies ReadonlyArray<keyof SimulationRequest>;

/** Changes that may need something recorded to make sense, so that they are left aside while that is tried. */
const RESTING = ['variant', 'split', 'ringEntries'] as const;

/** Plays a trail's accesses again. Errors are those of `record`. */
export function replay(request: ReplayRequest, hooks?: RecordHooks): Promise<RecordResult> {
  const { trail, output, moveEvery, unmapEvery, ...changes } = request;
  const reader = TrailReader.open(trail);
  const { meta, events } = reader;
  reader.close();
  if (events === 0) throw new InputError({ what: `${trail} holds no access to play`, mend: 'record it again' });
  const source = {
    trail,
    reads: meta.source.reads,
    // What was recorded on so many CPUs stays on them unless others are asked for.
    ...(changes.cpus !== undefined && { onCpus: changes.cpus }),
    ...(moveEvery !== undefined && { moveEvery }),
    ...(unmapEvery !== undefined && { unmapEvery }),
  };
  return record({ ...replaySettings(meta, changes), output, source }, hooks);
}

/** The settings of a recording with the changes, less what does not fit them. */
export function replaySettings(meta: TrailMeta, changes: SimulationRequest): SimulationRequest {
  const recorded = recordedSettings(meta);
  const offered = { ...without(recorded, SIDES), ...sidesOf(recorded, changes) };
  let settings: SimulationRequest = {
    ...pick(offered, ['strategy', 'guest', ...AS_EVER]),
    ...without(changes, RESTING),
  };
  for (const name of FITTING) {
    if (offered[name] === undefined || changes[name] !== undefined) continue;
    const tried = { ...settings, [name]: offered[name] };
    if (configured(tried) !== null) settings = tried;
  }
  settings = { ...settings, ...changes };
  const asBefore = { ...settings, ...pick(recorded, ['variant']) };
  if (changes.variant === undefined && configured(asBefore) !== null) settings = asBefore;

  // Figures are of one architecture, and of a virtual machine or none.
  const machine = configured(settings);
  const sameMachine = machine?.architecture.id === meta.arch && (machine.guest === null) === !meta.vm;
  if (changes.cost !== undefined || !sameMachine) return settings;
  const costOverrides = { ...recorded.costOverrides, ...changes.costOverrides };
  return { ...settings, ...pick(recorded, ['cost']), costOverrides };
}

/**
 * Who tracks. A strategy asked for is the whole of it, and so is a host alone; a guest asked for keeps who tracks outside, a host asked for
 * who tracks inside, a monitor asked for both.
 */
function sidesOf(
  recorded: SimulationRequest,
  { strategy, guest, host, monitor }: SimulationRequest,
): SimulationRequest {
  if (strategy !== undefined) return {};
  if (recorded.guest !== undefined) return pick(recorded, guest === undefined ? SIDES : ['host', 'monitor']);
  if (guest === undefined && host === undefined && monitor === undefined) return pick(recorded, SIDES);
  const outside = STRATEGIES.some(({ id, monitor: runsIn }) => id === recorded.strategy && runsIn !== undefined);
  if (outside) return pick({ host: recorded.strategy! }, ['host']);
  return guest === undefined && host === undefined ? pick(recorded, ['strategy']) : {};
}

/** What comes of a request; null where it is refused. Defects and figures are looked at when it is recorded. */
function configured(request: SimulationRequest): SimulationSettings | null {
  try {
    return configure(without(request, ['mutations', 'cost', 'costOverrides']));
  } catch {
    return null;
  }
}

function pick(request: SimulationRequest, names: ReadonlyArray<keyof SimulationRequest>): SimulationRequest {
  return Object.fromEntries(
    Object.entries(request).filter(([name, value]) => value !== undefined && names.some((other) => other === name)),
  );
}

function without(request: SimulationRequest, names: ReadonlyArray<keyof SimulationRequest>): SimulationRequest {
  return Object.fromEntries(Object.entries(request).filter(([name]) => !names.some((other) => other === name)));
}
