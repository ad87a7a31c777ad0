/** A program in words: "3 writes, 1 page, 1 harvest", and each step in a line. */
import { formatPage, PAGE_SIZE } from '../../base/index.js';
import { seqOf } from '../../replayer/index.js';
import { AccessKind } from '../../simulator/index.js';
import { operation, read, write } from '../../traces/index.js';
import type { Shown } from './finder.js';
import { isOperation, partsOf, type Step } from './steps.js';

/** By `AccessKind`. */
export const STEP_WORDS = [
  'write',
  'read',
  'device-write',
  'kernel-write',
  'unmap',
  'move',
  'fork',
  'split',
  'harvest',
] as const;

const ACCESS_CODES = new Set([write.code, read.code, operation.code]);

/** What a step does: `writes 8 bytes to page 0x0`. */
export function stepText({ kind, page, offset, size, process }: Step): string {
  const pages = Math.ceil(size / PAGE_SIZE);
  const range =
    size === 0 ? 'all pages' : pages === 1 ? `page ${formatPage(page)}` : `${pages} pages from ${formatPage(page)} on`;
  const place = kind === AccessKind.load ? 'of' : 'to';
  const at = `${size} bytes ${place} page ${formatPage(page)}${offset === 0 ? '' : ` at offset ${offset}`}`;
  switch (kind) {
    case AccessKind.store:
      return `writes ${at}`;
    case AccessKind.load:
      return `reads ${at}`;
    case AccessKind.deviceWrite:
      return `device writes ${at}`;
    case AccessKind.kernelWrite:
      return `kernel writes ${at}`;
    case AccessKind.fork:
      return `forks process ${process}`;
    case AccessKind.harvest:
      return 'harvest';
    default:
      return `${STEP_WORDS[kind]}s ${range}`;
  }
}

/** How much of what, of what there is: "3 writes, 1 page, 1 harvest". */
export function programText(steps: readonly Step[]): string {
  const of = (...kinds: number[]) => steps.filter(({ kind }) => kinds.includes(kind)).length;
  const pages = new Set(steps.flatMap((step) => (isOperation(step) ? [] : [step.page]))).size;
  const cpus = new Set(steps.flatMap(({ cpu }) => (cpu < 0 ? [] : [cpu]))).size;
  const parts: Array<readonly [number, string]> = [
    [of(AccessKind.store, AccessKind.deviceWrite, AccessKind.kernelWrite), 'write'],
    [of(AccessKind.load), 'read'],
    [of(AccessKind.unmap), 'unmap'],
    [of(AccessKind.move), 'move'],
    [of(AccessKind.fork), 'fork'],
    [of(AccessKind.split), 'split'],
    [pages, 'page'],
    [cpus > 1 ? cpus : 0, 'CPU'],
    [of(AccessKind.harvest), 'harvest'],
  ];
  return parts
    .flatMap(([count, word]) => (count === 0 ? [] : [`${count} ${word}${count === 1 ? '' : 's'}`]))
    .join(', ');
}

/** Position of the step that made the event of the finding; -1 where it was none of them. Each CPU makes its steps in order. */
export function stepOfFinding({ finding, program: { steps }, source }: Shown): number {
  const { seq } = finding;
  if (seq === null) return -1;
  let made = 0;
  let actor = -1;
  let cpu = -1;
  const counts = new Map<number, number>();
  for (const batch of source.batches) {
    for (let row = 0; row < batch.length && seqOf(batch, row) <= seq; row++) {
      if (!ACCESS_CODES.has(batch.kind[row]!)) continue;
      actor = batch.actor[row]!;
      cpu = batch.cpu[row]!;
      counts.set(actor, (counts.get(actor) ?? 0) + 1);
      made = seqOf(batch, row) === seq ? counts.get(actor)! : 0;
    }
  }
  if (made === 0) return -1;
  const around = [AccessKind.deviceWrite, AccessKind.kernelWrite] as readonly number[];
  const kindAround = around[source.meta.actors[actor] === 'device' ? 0 : 1];
  const isMade = (step: Step) => (cpu < 0 ? step.kind === kindAround : step.cpu === cpu && !around.includes(step.kind));
  for (const [at, step] of steps.entries()) {
    if (!isMade(step)) continue;
    made -= partsOf(step.kind, step.offset, step.size);
    if (made <= 0) return at;
  }
  return -1;
}
