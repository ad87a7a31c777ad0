/** Puts a setting on the machine of the simulator: pages are mapped, what came before is played, and the actors are ready to begin. */
import { carrierMask, type Carrier, type EventBatch } from '../traces/index.js';
import {
  access,
  ACTOR_HARVEST,
  ACTOR_HOST,
  ACTOR_PROGRAM,
  AccessKind,
  buildWorld,
  configure,
  isQuestion,
  type Micro,
  type SimulationSettings,
  type Tracking,
  type World,
} from '../simulator/index.js';
import { invariant } from '../base/index.js';
import type { Actor, Piece } from './program.js';
import type { ScenarioActor, Setting, Stage } from './scenario.js';

/** Page number of a scenario's first page, and of its second place: addresses as a process has them. */
const FIRST_PAGE = 0x1_0000;
const FIRST_ALIAS = 0x2_0000;
const STORE_BYTES = 8;
/** A scenario has few events, and machines for scenarios are built by the hundred: a chunk of them would be megabytes. */
const BATCH_EVENTS = 2048;

export interface Staged {
  readonly settings: SimulationSettings;
  readonly world: World;
  readonly tracking: Tracking;
  readonly carriers: readonly Carrier[];
  readonly actors: readonly Actor[];
  /** Names of its own variables. */
  readonly variables: readonly string[];
}

/** @param onFull takes full batches of events; a search throws them away */
export function stage(setting: Setting, onFull: (batch: EventBatch) => void): Staged {
  const { aliasPages = 0 } = setting;
  const alias = aliasPages > 0 ? { alias: `${FIRST_ALIAS}=${FIRST_PAGE}:${aliasPages}` } : {};
  const settings = configure({ ...setting.machine, ...alias, interleave: 'fine' });
  const world = buildWorld(settings, onFull, false, BATCH_EVENTS);
  const { machine } = world;
  const carriers = setting.reads ?? world.tracking.strategy.carriers ?? settings.strategy.carriers;
  machine.reads = carrierMask(carriers);
  machine.addCpus(0);
  const pages = numbered(setting.pages, (at) => machine.intern(0, FIRST_PAGE + at));
  const aliases = numbered(aliasPages, (at) => machine.intern(0, FIRST_ALIAS + at));
  // Handlers may be the scenario's own; they are made once the stage is there to be asked.
  let tracking = world.tracking;
  const accessTo = (kind: number, word: string) => (page: number) => {
    const index = pages[page]!;
    return accessPiece(() => tracking, kind, index, `${word} page ${page}`);
  };
  const at: Stage = {
    get tracking() {
      return tracking;
    },
    page: (which) => pages[which]!,
    alias: (which) => aliases[which]!,
    store: accessTo(AccessKind.store, 'store to'),
    load: accessTo(AccessKind.load, 'load from'),
    storeAt: (index) => accessPiece(() => tracking, AccessKind.store, index, `store to page index ${index}`),
  };
  const own = setting.handlers?.(at);
  if (own !== undefined) tracking = { ...tracking, strategy: { ...tracking.strategy, ...own } };
  machine.journal.enter(ACTOR_PROGRAM, 0);
  const flags = tracking.strategy.mappedFlags;
  for (const page of [...pages, ...aliases]) machine.mapPage(page, flags);
  if (tracking.mapsBothStages)
    for (const page of pages) machine.mapPage(machine.pages.under[page]!, tracking.host!.mappedFlags);
  for (const { cpu, does } of setting.before?.(at) ?? []) {
    machine.addCpus(cpu);
    for (const piece of does) perform(world, piece.code(), ACTOR_PROGRAM + cpu, cpu);
  }
  const given = setting.actors(at);
  machine.addCpus(given.length - 1);
  given.forEach(({ role }, cpu) => {
    if (role === 'program') machine.cpus.ran[cpu] = true;
  });
  const { variables = [] } = setting;
  return { settings, world, tracking, carriers, actors: given.map(actorOf), variables };
}

/** Runs code to its end, with nobody beside it: flushes are acted on as soon as they are sent. */
export function perform({ machine }: World, code: Micro, actor: number, cpu: number): void {
  machine.journal.enter(actor, cpu);
  machine.journal.program[cpu]!++;
  for (let turn = code.next(0); !turn.done; ) {
    for (let other = 0; other < machine.cpus.count; other++)
      while (machine.flushes.isPending(other)) machine.flushes.acknowledge(other);
    machine.journal.enter(actor, cpu);
    invariant(isQuestion(turn.value.code) || machine.ready(turn.value, actor), 'code that runs alone waits for nobody');
    turn = code.next(machine.execute(turn.value));
  }
  for (let other = 0; other < machine.cpus.count; other++)
    while (machine.flushes.isPending(other)) machine.flushes.acknowledge(other);
}

function actorOf({ name, role, does }: ScenarioActor, cpu: number): Actor {
  const number = role === 'harvest' ? ACTOR_HARVEST : role === 'host-harvest' ? ACTOR_HOST : ACTOR_PROGRAM + cpu;
  return { name, cpu, number, pieces: does };
}

/** The tracking is asked for when the access is made: handlers are settled later than pieces may be. */
function accessPiece(tracking: () => Tracking, kind: number, page: number, label: string): Piece {
  return { label, code: () => access(tracking(), kind, [{ page, offset: 0, size: STORE_BYTES }]) };
}

function numbered<T>(count: number, make: (at: number) => T): T[] {
  return Array.from({ length: count }, (_, at) => make(at));
}
