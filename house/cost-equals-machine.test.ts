/**
 * What `cost` says from the events alone against what the machine that made them knows: its clock, its frames, and the program it was
 * given. Random programs, every strategy, every mutation.
 */
import { describe, expect, it } from 'vitest';
import { cost } from '../analyzer/index.js';
import { DRAWN_ENDING, DRAWN_META, MemorySource } from '../replayer/testing/drawn.js';
import { STRATEGIES } from '../simulator/index.js';
import { randomProgram, run, staleFrames } from '../simulator/testing/runs.js';
import { carrierMask, type MachineSnapshot, PTE_DIRTY, pteLayout, type TrailMeta } from '../traces/index.js';

const CASES = STRATEGIES.flatMap(({ id, mutations }) => [
  { strategy: id, mutations: [] as string[] },
  ...mutations.map((mutation) => ({ strategy: id, mutations: [mutation.id as string] })),
]);
const PAGE_BYTES = 4096;

/** Pages that hold what the consumer lacks and that nothing it reads tells it of, from the machine's own state. */
function lostAt({ pages, frames, reads }: MachineSnapshot): { writes: number; pages: number } {
  const layout = pteLayout('x86-64');
  const lost = { writes: 0, pages: 0 };
  for (const [i, frame] of pages.frame.entries()) {
    const at = frames.frame.indexOf(frame);
    const lacking = frames.generation[at]! - frames.captured[at]!;
    const dirty = (layout.flags(pages.pteLow[i]!, pages.pteHigh[i]!) & PTE_DIRTY) !== 0;
    const marks = pages.marks[i]! | carrierMask(['mapped']) | (dirty ? carrierMask(['pte-dirty']) : 0);
    if (lacking === 0 || (marks & reads) !== 0) continue;
    lost.writes += lacking;
    lost.pages++;
  }
  return lost;
}

describe.each(CASES)('$strategy $mutations', ({ strategy, mutations }) => {
  it.each([1, 2, 3, 4])('seed %i', (seed) => {
    const cpus = seed % 2 === 0 ? 3 : 1;
    const program = randomProgram(seed, { accesses: 600, pages: 40, cpus, reads: 0.3 });
    const { batches, end, simulation } = run(
      { strategy, mutations, cpus, seed, harvestEvery: 37, objectPages: 40 },
      program,
    );
    const meta: TrailMeta = { ...DRAWN_META, carriers: [...simulation.carriers], spaces: simulation.spaces, strategy };
    const report = cost(new MemorySource(batches, meta, { ...DRAWN_ENDING, programNs: simulation.programNs(false) }));
    const last = batches.at(-1)!;

    const stores = [...program.kind]
      .map((isRead, i) => (isRead ? [] : [program.size[i]!, program.offset[i]!]))
      .filter((store) => store.length > 0);
    expect(report.bytesWritten).toBe(stores.reduce((sum, [size]) => sum + size!, 0));
    expect(report.writes).toBe(stores.reduce((sum, [size, offset]) => sum + (offset! + size! > PAGE_BYTES ? 2 : 1), 0));
    expect(report.epochs).toBe(end.harvests);
    expect({ writes: report.lostWrites, pages: report.lostPages }).toEqual(lostAt(end));
    if (mutations.length === 0) expect(report.lostWrites).toBe(0);
    // On one CPU nothing runs beside anything, so all time is the program's or was charged by some event.
    if (cpus === 1) expect(report.ns.program + report.ns.overhead).toBe(last.time[last.length - 1]);
    expect(report.cpus.reduce((sum, { overheadNs }) => sum + overheadNs, 0)).toBe(report.ns.overhead);
  });
});

it('loses something under a mutation, so the comparison means something', () => {
  const program = randomProgram(1, { accesses: 600, pages: 40, cpus: 1, reads: 0.3 });
  const { batches, end } = run(
    { strategy: 'hw-dirty', mutations: ['no-flush'], cpus: 1, seed: 1, harvestEvery: 37 },
    program,
  );
  expect(staleFrames(end)).toBeGreaterThan(5);
  expect(cost(new MemorySource(batches)).lostWrites).toBeGreaterThanOrEqual(staleFrames(end));
});
