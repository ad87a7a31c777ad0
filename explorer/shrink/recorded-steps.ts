/** The steps of a recorded trail, or those of them that somebody wants: one pass over the file, which may hold far more than memory does. */
import { openSource } from '../../recorder/index.js';
import { AccessBatch, AccessKind } from '../../simulator/index.js';
import type { TrailMeta } from '../../traces/index.js';
import { partsOf, type Size, type Step } from './steps.js';

/** Where a step stands in the recording. */
export interface Position {
  /** Epoch, from 0. */
  readonly epoch: number;
  /** Events of accesses and operations up to this one. */
  readonly events: number;
}

export interface Wish {
  /** Whether an access or operation is wanted; harvests are, wherever they fall. */
  wants(step: Step, position: Position): boolean;
  /** Nothing behind that many events of accesses and operations. */
  readonly lastEvent: number;
  /** Harvests that nothing wanted lies between: one stands for them all. */
  readonly mergeHarvests: boolean;
  /** More steps than that are too many. */
  readonly most: number;
}

/** The steps that are wanted; null where they are too many. */
export async function recordedSteps(trail: string, meta: TrailMeta, wish: Wish): Promise<Step[] | null> {
  const steps: Step[] = [];
  const add = (step: Step): void => {
    const last = steps.at(-1);
    const repeats = step.kind === AccessKind.harvest && last?.kind === AccessKind.harvest;
    if (!(repeats && wish.mergeHarvests)) steps.push(step);
  };
  const position = { epoch: 0, events: 0 };
  await forEachStep(trail, meta, {
    step(step, events) {
      position.events = events;
      if (events - partsOf(step.kind, step.offset, step.size) >= wish.lastEvent) return false;
      if (step.kind === AccessKind.harvest || wish.wants(step, position)) add(step);
      if (step.kind === AccessKind.harvest) position.epoch++;
      return steps.length <= wish.most;
    },
    harvest(step) {
      add(step);
      position.epoch++;
    },
  });
  return steps.length <= wish.most ? steps : null;
}

/** How large the recording is. */
export async function recordedSize(trail: string, meta: TrailMeta): Promise<Omit<Size, 'harvests'>> {
  const pages = new Set<number>();
  const cpus = new Set<number>();
  let accesses = 0;
  let operations = 0;
  await forEachStep(trail, meta, {
    step({ kind, cpu, page, offset, size }) {
      cpus.add(cpu);
      if (kind < AccessKind.unmap) {
        accesses++;
        for (let part = partsOf(kind, offset, size) - 1; part >= 0; part--) pages.add(page + part);
      } else if (kind !== AccessKind.harvest) operations++;
      return true;
    },
    harvest() {},
  });
  return { accesses, operations, pages: pages.size, cpus: cpus.size };
}

interface Visitor {
  /** An access or operation as it was made; false: no more are wanted. */
  step(step: Step, events: number): boolean;
  /** A harvest that fell due after the step before. */
  harvest(step: Step): void;
}

/** A harvest falls due as the recording counted: after the access that contains the N-th write since the last (`HarvestClock`). */
async function forEachStep(trail: string, meta: TrailMeta, visitor: Visitor): Promise<void> {
  const {
    harvestEvery,
    source: { reads },
  } = meta;
  const source = await openSource({ trail, reads }, { seed: 0, cpus: undefined });
  const batch = new AccessBatch();
  let events = 0;
  let writes = 0;
  try {
    while ((await source.fill(batch)) > 0) {
      for (let row = 0; row < batch.length; row++) {
        const step = stepIn(batch, row);
        const { kind, cpu, process } = step;
        const parts = partsOf(kind, step.offset, step.size);
        events += parts;
        if (!visitor.step(step, events)) return;
        if (harvestEvery === 0 || kind === AccessKind.load || kind >= AccessKind.unmap) continue;
        writes += parts;
        if (writes < harvestEvery) continue;
        writes %= harvestEvery;
        visitor.harvest({ cpu, kind: AccessKind.harvest, page: -1, offset: 0, size: 0, process });
      }
      batch.length = 0;
    }
    if (source.failure !== null) throw source.failure;
  } finally {
    source.close();
  }
}

function stepIn(batch: AccessBatch, row: number): Step {
  return {
    cpu: batch.cpu[row]!,
    kind: batch.kind[row]!,
    page: batch.page[row]!,
    offset: batch.offset[row]!,
    size: batch.size[row]!,
    process: batch.process[row]!,
  };
}
