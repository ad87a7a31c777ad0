/** Support for tests of shrinking: recordings with a finding, and a judge of shrunk trails that knows nothing of how they were shrunk. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, type Finding } from '../../analyzer/index.js';
import { record, replaySettings } from '../../recorder/index.js';
import { AccessKind, type Mutation, type SimulationRequest, STRATEGIES } from '../../simulator/index.js';
import { randomProgram } from '../../simulator/testing/runs.js';
import { EVENT_BY_CODE, EventBatch, TrailReader } from '../../traces/index.js';
import { explore } from '../explore.js';
import { litmusTarget } from '../target.js';
import { shrink, type Shrunk } from './shrink.js';
import type { Step } from './steps.js';

/** A strategy with a defect, and what of a machine and of a program the defect needs. */
export interface Defect {
  readonly strategy: string;
  readonly mutation: Mutation;
  readonly interleave: 'coarse' | 'fine';
}

export function defects(interleave: Defect['interleave']): Defect[] {
  return STRATEGIES.flatMap(({ id, mutations }) =>
    mutations.map((mutation) => ({ strategy: id, mutation, interleave })),
  );
}

/** Letters of kinds in a CSV log, by `AccessKind`. */
const LETTERS = 'wrdkumfsh';
const OPERATIONS = { unmap: AccessKind.unmap, move: AccessKind.move, split: AccessKind.split } as const;

/** Steps as a CSV log, one ns each. */
export function csvOf(steps: readonly Step[]): string {
  const lines = steps.map(({ cpu, kind, page, offset, size, process }, at) => {
    const address = page < 0 ? 0n : BigInt(page) * 4096n + BigInt(offset);
    return `${at + 1},${cpu},0x${address.toString(16)},${size},${LETTERS[kind]},${process}\n`;
  });
  return lines.join('');
}

/** A random program for the defect, as it is recorded. */
export async function recordDefect(
  path: string,
  { strategy, mutation, interleave }: Defect,
  seed: number,
): Promise<void> {
  const { id, needs } = mutation;
  const operations = Object.entries(OPERATIONS).flatMap(([need, kind]) =>
    needs.some((one) => one === need) ? [kind] : [],
  );
  const program = randomProgram(seed, {
    accesses: 300,
    pages: 12,
    cpus: 1 + (seed % 4),
    reads: 0.2,
    operations,
    ...(needs.includes('device-mmu') && { device: 0.2 }),
  });
  const steps = Array.from({ length: program.length }, (_, at) => ({
    cpu: program.cpu[at]!,
    kind: program.kind[at]!,
    page: program.page[at]!,
    offset: program.offset[at]!,
    size: program.size[at]!,
    process: 0,
  }));
  writeFileSync(`${path}.csv`, csvOf(steps));
  const sides: SimulationRequest = needs.includes('guest')
    ? { guest: 'hw-dirty', host: strategy, mutations: [`host:${id}`] }
    : { strategy, mutations: [id] };
  await record({
    ...sides,
    interleave,
    seed,
    harvestEvery: 20,
    tlbSets: 4,
    tlbWays: 4,
    objectPages: 64,
    ...(needs.includes('huge') && { pageSize: '2m' }),
    ...(needs.includes('non-coherent') && { device: 'non-coherent' }),
    ...(needs.includes('device-mmu') && { deviceMmu: true }),
    output: path,
    source: { import: `${path}.csv`, reads: true },
  });
}

/** The findings of a trail. */
export function findingsOf(path: string): readonly Finding[] {
  const reader = TrailReader.open(path);
  try {
    return check(reader).findings;
  } finally {
    reader.close();
  }
}

/** Shrinks a finding of a trail (the gravest, unless told otherwise) and writes what is left. */
export async function shrinkTo(
  from: string,
  to: string,
  options: Parameters<typeof shrink>[2] = {},
  pick: (findings: readonly Finding[]) => Finding = (findings) => findings[0]!,
): Promise<{ readonly shrunk: Shrunk; readonly original: Finding }> {
  const reader = TrailReader.open(from);
  try {
    const original = pick(check(reader).findings);
    const shrunk = await shrink(reader, original, options);
    await shrunk.write(to);
    return { shrunk, original };
  } finally {
    reader.close();
  }
}

/** Whether two findings are of one kind: detector, severity, and cause as a word or as a sentence without its numbers. */
export function isSame(a: Finding, b: Finding): boolean {
  const words = ({ cause, rootCause }: Finding) => cause ?? rootCause.replaceAll(/0x[0-9a-f]+|\d+/g, '');
  return a.id === b.id && a.severity === b.severity && words(a) === words(b);
}

/** Steps of a shrunk trail without which it still shows the finding, each left out of a log of its own that is recorded on the same machine. */
export async function dispensable(
  folder: string,
  trail: string,
  steps: readonly Step[],
  finding: Finding,
): Promise<Step[]> {
  const reader = TrailReader.open(trail);
  const { meta } = reader;
  reader.close();
  // CPUs are as many as the log names.
  const { cpus: _, ...machine } = replaySettings(meta, { mutations: meta.mutations });
  const left: Step[] = [];
  for (const [at, step] of steps.entries()) {
    const rest = steps.toSpliced(at, 1);
    if (rest.length === 0) continue;
    const log = join(folder, 'rest.csv');
    const output = join(folder, 'rest.trail');
    writeFileSync(log, csvOf(rest));
    await record({ ...machine, output, source: { import: log, format: 'csv', reads: true } });
    if (findingsOf(output).some((one) => isSame(one, finding))) left.push(step);
  }
  return left;
}

/** What the explorer says of a litmus file. */
export async function verdictOf(text: string) {
  const { setting, expects, reduce } = litmusTarget(text);
  const { verdict, broken } = await explore(setting, { reduce });
  return { verdict, broken, expects };
}

/** All that a trail says, but for what is its host's own. */
export function contentsOf(path: string): unknown {
  const reader = TrailReader.open(path);
  const batch = new EventBatch();
  const events: unknown[] = [];
  for (let chunk = 0; chunk < reader.chunks.length; chunk++) {
    reader.readChunk(chunk, batch);
    for (let row = 0; row < batch.length; row++) {
      const columns = [batch.kind, batch.time, batch.cpu, batch.actor, batch.space, batch.step, batch.page];
      const fields = Object.values(EVENT_BY_CODE[batch.kind[row]!]!.slot).map((slot) => batch.slots[slot]![row]);
      events.push([...columns.map((column) => column[row]), ...fields]);
    }
  }
  const meta = [...reader.metaRows].filter(([key]) => !key.startsWith('host.'));
  const { ending } = reader;
  reader.close();
  return { meta, ending, events };
}
