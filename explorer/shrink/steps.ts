/**
 * A program to be shrunk: what the source of a recording made, one step each, and the machine it is played on. Harvests are steps of their own, at
 * the places where they fell: were they placed by counts of writes, leaving out an access would move all that come after it.
 */
import { PAGE_SIZE } from '../../base/index.js';
import { type AccessSource } from '../../recorder/index.js';
import { AccessBatch, AccessKind, type SimulationRequest } from '../../simulator/index.js';
import type { SourceMeta } from '../../traces/index.js';

/** A row of an `AccessBatch`, without its time: a step's place in the program is its time. */
export interface Step {
  readonly cpu: number;
  /** `AccessKind`. */
  readonly kind: number;
  /** Page number; -1 for the whole object. */
  readonly page: number;
  readonly offset: number;
  /** Bytes; 0 for the whole object. */
  readonly size: number;
  readonly process: number;
}

export interface Program {
  /** Without harvests by count; its seed decides interleavings, in fine mode. */
  readonly machine: SimulationRequest;
  readonly steps: readonly Step[];
}

/** How large a program is. */
export interface Size {
  readonly accesses: number;
  /** What is done to the object besides accesses, harvests not counted. */
  readonly operations: number;
  readonly pages: number;
  readonly cpus: number;
  /** With the one at the end. */
  readonly harvests: number;
}

export function isOperation({ kind }: Pick<Step, 'kind'>): boolean {
  return kind >= AccessKind.unmap;
}

/** Pages that an access touches; an operation is one event whatever it is about. */
export function partsOf(kind: number, offset: number, size: number): number {
  return kind >= AccessKind.unmap ? 1 : Math.floor((offset + size - 1) / PAGE_SIZE) + 1;
}

/** Without its harvests, which only a run can count: the last one may have nothing to do. */
export function sizeOf(steps: readonly Step[]): Omit<Size, 'harvests'> {
  const pages = new Set<number>();
  const cpus = new Set<number>();
  let accesses = 0;
  let operations = 0;
  for (const step of steps) {
    if (step.cpu >= 0) cpus.add(step.cpu);
    if (step.kind === AccessKind.harvest) continue;
    if (isOperation(step)) {
      operations++;
      continue;
    }
    accesses++;
    const parts = partsOf(step.kind, step.offset, step.size);
    for (let part = 0; part < parts; part++) pages.add(step.page + part);
  }
  return { accesses, operations, pages: pages.size, cpus: cpus.size };
}

/** The steps as a simulation plays them, one ns of program time each. */
export function batchOf(steps: readonly Step[]): AccessBatch {
  const batch = new AccessBatch(Math.max(1, steps.length));
  steps.forEach((step, at) => put(batch, at, step, at + 1));
  batch.length = steps.length;
  return batch;
}

/** The steps as the source of a recording. */
export function sourceOf(steps: readonly Step[], meta: SourceMeta): AccessSource {
  let at = 0;
  return {
    meta,
    programNs: steps.length,
    skipped: { lines: 0, firstLine: null },
    failure: null,
    get progress() {
      return steps.length === 0 ? 1 : at / steps.length;
    },
    fill(batch) {
      const before = batch.length;
      while (batch.length < batch.capacity && at < steps.length) {
        put(batch, batch.length++, steps[at]!, at + 1);
        at++;
      }
      return batch.length - before;
    },
    close() {},
  };
}

function put(batch: AccessBatch, row: number, step: Step, program: number): void {
  batch.page[row] = step.page;
  batch.offset[row] = step.offset;
  batch.size[row] = step.size;
  batch.cpu[row] = step.cpu;
  batch.kind[row] = step.kind;
  batch.process[row] = step.process;
  batch.program[row] = program;
}
