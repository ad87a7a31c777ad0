/** Support for tests: small random programs, and runs of them with every event kept. */
import { Random } from '../../base/index.js';
import { EventBatch, EVENT_BY_CODE, type MachineSnapshot } from '../../traces/index.js';
import {
  AccessBatch,
  AccessKind,
  configure,
  Simulation,
  type SimulationRequest,
  type SimulationTuning,
  STRATEGIES,
} from '../index.js';

export interface ProgramShape {
  readonly accesses: number;
  readonly pages: number;
  readonly cpus: number;
  /** Share of loads, 0..1. */
  readonly reads: number;
  /** Share of writes by devices and by the kernel, 0..1. */
  readonly around?: number;
  /** Share of writes by devices alone, 0..1. */
  readonly device?: number;
  /** Kinds of operations that occur among the accesses, one in 25 of them. */
  readonly operations?: readonly number[];
}

/** One of the architectures that a strategy runs on. */
export function architectureFor(strategy: string, seed: number): string {
  const { architectures } = STRATEGIES.find(({ id }) => id === strategy)!;
  return architectures[seed % architectures.length]!;
}

/** Accesses between two operations, on average. */
const ACCESSES_PER_OPERATION = 25;
/** Forks of one program. */
const FORKS_MAX = 3;

/** A random program over two separate regions, with page-crossing accesses and operations among the rest. */
export function randomProgram(seed: number, shape: ProgramShape): AccessBatch {
  const random = new Random(seed);
  const batch = new AccessBatch(shape.accesses);
  const pageOf = (page: number) => (page % 3 === 0 ? 0x7_ff00 : 0x1000) + page;
  let forks = 0;
  for (let i = 0; i < shape.accesses; i++) {
    batch.page[i] = pageOf(random.below(shape.pages));
    batch.offset[i] = random.below(20) === 0 ? 4092 : random.below(512) * 8;
    batch.size[i] = 1 << random.below(5);
    if (batch.offset[i]! < 4092) batch.size[i] = Math.min(batch.size[i]!, 8);
    batch.cpu[i] = random.below(shape.cpus);
    batch.kind[i] = random.unit() < shape.reads ? AccessKind.load : AccessKind.store;
    if (shape.around !== undefined && random.unit() < shape.around)
      batch.kind[i] = AccessKind.deviceWrite + random.below(2);
    if (shape.device !== undefined && random.unit() < shape.device) batch.kind[i] = AccessKind.deviceWrite;
    if (forks > 0) batch.process[i] = random.below(forks + 1);
    batch.program[i] = i + 1;
    const { operations = [] } = shape;
    if (operations.length === 0 || random.below(ACCESSES_PER_OPERATION) !== 0) continue;
    const kind = operations[random.below(operations.length)]!;
    if (kind === AccessKind.fork && ++forks > FORKS_MAX) continue;
    batch.kind[i] = kind;
    batch.offset[i] = 0;
    const whole = kind === AccessKind.fork || kind === AccessKind.harvest || random.below(3) === 0;
    batch.size[i] = whole ? 0 : (1 + random.below(4)) * 4096;
    if (whole) batch.page[i] = -1;
  }
  batch.length = shape.accesses;
  return batch;
}

export interface Run {
  /** One line per event, all columns in words. */
  readonly lines: readonly string[];
  /** The events themselves, in batches of any size. */
  readonly batches: readonly EventBatch[];
  readonly end: MachineSnapshot;
  readonly simulation: Simulation;
}

/** Plays a program to its end and keeps everything. */
export function run(request: SimulationRequest, program: AccessBatch, tuning: SimulationTuning = {}): Run {
  const batches: EventBatch[] = [];
  const simulation = new Simulation(
    configure({ objectPages: 64, ...request }),
    (batch) => batches.push(copyOf(batch)),
    tuning,
  );
  simulation.play(program);
  simulation.finish(program.length);
  batches.push(copyOf(simulation.openBatch));
  return { lines: batches.flatMap(linesOf), batches, end: simulation.snapshot(), simulation };
}

/** Pages whose bytes the consumer lacks at the end of a run. */
export function staleFrames(end: MachineSnapshot): number {
  return end.frames.generation.filter((generation, frame) => generation > end.frames.captured[frame]!).length;
}

function copyOf(batch: EventBatch): EventBatch {
  const copy = new EventBatch(Math.max(1, batch.length));
  copy.length = batch.length;
  copy.firstSeq = batch.firstSeq;
  for (const column of ['kind', 'time', 'cpu', 'actor', 'space', 'step', 'page'] as const) {
    copy[column].set(batch[column].subarray(0, batch.length));
  }
  for (const [slot, values] of copy.slots.entries()) values.set(batch.slots[slot]!.subarray(0, batch.length));
  return copy;
}

function linesOf(batch: EventBatch): string[] {
  return Array.from({ length: batch.length }, (_, row) => {
    const definition = EVENT_BY_CODE[batch.kind[row]!]!;
    const fields = Object.entries(definition.slot).map(([name, slot]) => `${name}=${batch.slots[slot]![row]}`);
    return [
      definition.kind,
      `time=${batch.time[row]} cpu=${batch.cpu[row]} actor=${batch.actor[row]} space=${batch.space[row]} step=${batch.step[row]} page=${batch.page[row]}`,
      ...fields,
    ].join(' ');
  });
}
