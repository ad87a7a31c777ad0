/**
 * Time travel in recordings of real programs: the state at random events and the steps around them, of everything, of a page and of a range, what
 * touched something last and all that ever did, against a fold and a scan as one would write them first.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { Random } from '../base/index.js';
import { record } from '../recorder/index.js';
import { countsAt, History, Replayer, type Subject } from '../replayer/index.js';
import { NaiveFold } from '../replayer/testing/naive-fold.js';
import {
  CARRIERS,
  type MachineSnapshot,
  PTE_ACCESSED,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_SOFT_DIRTY,
  PTE_UFFD_WP,
  PTE_WRITABLE,
  TrailReader,
} from '../traces/index.js';
import { HELD_OUT, type LogRecording, LOGS } from './log-recordings.js';
import { PlainHistory } from './plain-history.js';
import { PlainTrail } from './plain-trail.js';

const folder = mkdtempSync(join(tmpdir(), 'pagetrail-time-travel-'));
const compared: Record<string, number> = {};
afterAll(() => {
  rmSync(folder, { recursive: true });
  if (HELD_OUT !== undefined) console.info('compared', compared);
});

/** Points of each recording, and events around each that are stepped over. */
const POINTS = HELD_OUT === undefined ? 16 : 50;
const AROUND = [-3, -1, 0, 1, 2];
/** Questions of `last` at each point, and of all changes. */
const QUESTIONS = 12;
const HISTORIES = 2;
const SUBJECT_PAGES = 12;
const BITS = [PTE_PRESENT, PTE_WRITABLE, PTE_ACCESSED, PTE_DIRTY, PTE_SOFT_DIRTY, PTE_UFFD_WP];

const common = { harvestEvery: 5000 };
const RECORDINGS: readonly LogRecording[] = [
  { name: 'hw-dirty', request: { ...common, strategy: 'hw-dirty' } },
  { name: 'page-mkwrite on arm64', request: { ...common, strategy: 'page-mkwrite', arch: 'arm64' } },
  { name: 'pml, fine', request: { ...common, strategy: 'pml', interleave: 'fine' } },
  {
    name: 'soft-dirty, faulted in and swapped out',
    request: { ...common, strategy: 'soft-dirty', populate: 'lazy' },
    operations: { unmapEvery: 33_000 },
  },
  {
    name: 'hw-dirty in a guest under shadow-paging',
    request: { ...common, guest: 'hw-dirty', host: 'shadow-paging' },
  },
  ...(HELD_OUT === undefined
    ? []
    : ([
        {
          name: 'pfn-mkwrite on riscv64-svade, fine, moved',
          request: { ...common, strategy: 'pfn-mkwrite', arch: 'riscv64-svade', interleave: 'fine' },
          operations: { moveEvery: 40_000 },
        },
        {
          name: 'hw-dirty by huge entries on 3 CPUs, fine',
          request: { ...common, strategy: 'hw-dirty', pageSize: '2m', interleave: 'fine', cpus: 3 },
        },
        {
          name: 'hw-dirty on arm64-dbm, a small TLB, with loads',
          request: { ...common, strategy: 'hw-dirty', arch: 'arm64-dbm', tlbSets: 4, tlbWays: 2 },
          reads: true,
        },
        {
          name: 'uffd-wp-async on riscv64-svadu, swapped out',
          request: { ...common, strategy: 'uffd-wp-async', arch: 'riscv64-svadu' },
          operations: { unmapEvery: 43_000 },
        },
        {
          name: 'kvm-dirty-ring, fine',
          request: { ...common, strategy: 'kvm-dirty-ring', interleave: 'fine', ringEntries: 512 },
        },
        { name: 'storage-key', request: { ...common, strategy: 'storage-key', arch: 's390x-key' } },
        { name: 'compare', request: { ...common, strategy: 'compare' } },
        {
          name: 'page-mkwrite in 2 processes without a flush',
          request: { ...common, strategy: 'page-mkwrite', mms: 2, cpus: 2, mutations: ['no-flush'] },
          operations: { unmapEvery: 60_000 },
        },
        {
          name: 'hw-dirty for a device that does not snoop, without a flush of caches',
          request: { ...common, strategy: 'hw-dirty', device: 'non-coherent', mutations: ['no-cache-flush'] },
        },
      ] satisfies LogRecording[])),
];

describe.each(LOGS)('%s', (log) => {
  it.each(RECORDINGS)('$name: says what a fold from the beginning says', async (recording) => {
    const output = join(folder, `${basename(log)}.trail`);
    const source = { import: log, reads: recording.reads ?? false, ...recording.operations };
    await record({ seed: 1, ...recording.request, source, output });
    const reader = TrailReader.open(output);
    const random = new Random(basename(log).length + recording.name.length);
    const plain = new PlainTrail(reader);
    const points = Array.from({ length: POINTS }, () => 4 + random.below(plain.events - 6));
    const subjects = subjectsOf(plain, random);
    const known = foldPlainly(plain, points, subjects);
    checkStates(reader, points, known, random);
    checkHistories(reader, points, subjects, known, random);
    expect(points.map((seq) => countsAt(reader, seq))).toEqual(points.map((seq) => known.counts.get(seq)));
    count('counts', points.length);
    count('events folded', plain.events);
    reader.close();
  });
});

interface Known {
  readonly states: ReadonlyMap<number, MachineSnapshot>;
  /** By point: pages with whether the consumer will come for them. */
  readonly marked: ReadonlyMap<number, readonly boolean[]>;
  readonly counts: ReadonlyMap<number, Readonly<Record<string, number>>>;
  /** By subject: the events of its history. */
  readonly changes: readonly number[][];
}

/** All that is asked later, in one pass over all events. */
function foldPlainly(plain: PlainTrail, points: readonly number[], subjects: readonly Subject[]): Known {
  const fold = new NaiveFold(plain.meta);
  const history = new PlainHistory(fold, subjects);
  const wanted = new Set(points.flatMap((point) => AROUND.map((by) => point + by)));
  const states = new Map<number, MachineSnapshot>();
  const marked = new Map<number, boolean[]>();
  const counts = new Map<number, Record<string, number>>();
  const sofar: Record<string, number> = {};
  const asked = new Set(points);
  for (let seq = 1; seq <= plain.events; seq++) {
    const event = plain.at(seq);
    fold.apply(plain.batchOf(seq));
    history.note(event);
    sofar[event.kind] = (sofar[event.kind] ?? 0) + 1;
    if (!wanted.has(seq)) continue;
    const state = fold.snapshot();
    states.set(seq, state);
    if (!asked.has(seq)) continue;
    counts.set(seq, { ...sofar });
    marked.set(
      seq,
      Array.from(state.pages.page, (page, at) => fold.isMarked(state.pages.space[at]!, page)),
    );
  }
  return { states, marked, counts, changes: history.changes };
}

function checkStates(reader: TrailReader, points: readonly number[], known: Known, random: Random) {
  const whole = Replayer.open(reader);
  for (const point of points) {
    // Onto the point, then on and back across it.
    for (const by of [0, 1, 2, 1, 0, -1, -3, -1, 0]) {
      const seq = point + by;
      expectSame(whole.goTo(seq).snapshot(), known.states.get(seq), `at ${seq}`);
      count('whole states', 1);
    }
    const state = known.states.get(point)!;
    const fold = whole.goTo(point);
    const marked = Array.from(state.pages.page, (page, at) =>
      fold.isMarked(fold.pages.find(state.pages.space[at]!, page)),
    );
    expectSame(marked, known.marked.get(point), `marked at ${point}`);
    count('marked pages', state.pages.page.length);
    if (state.pages.page.length === 0) continue;
    const at = random.below(state.pages.page.length);
    const space = state.pages.space[at]!;
    const from = state.pages.page[at]!;
    for (const pages of [1, 1 + random.below(100)]) {
      const scope = { space, from, to: from + pages };
      const part = Replayer.open(reader, scope);
      for (const by of [0, -1, 1]) {
        const told = partOf(part.goTo(point + by).snapshot(), scope);
        const expected = partOf(known.states.get(point + by)!, scope);
        expectSame(told, expected, `${pages} pages from ${from} at ${point + by}`);
        count(pages === 1 ? 'states of a page' : 'states of a range', 1);
      }
    }
  }
}

/** States are long: only those that differ are worded. */
function expectSame(told: unknown, expected: unknown, where: string): void {
  if (!isDeepStrictEqual(told, expected)) expect(told, where).toEqual(expected);
}

/** The pages of a range, the frames that they are on, and all TLBs. */
function partOf(state: MachineSnapshot, { space, from, to }: { space: number; from: number; to: number }) {
  const { pages, frames, tlbs, seq, timeNs, harvests, harvesting, reads } = state;
  const rows = Array.from(pages.page, (_, at) => at).filter(
    (at) => pages.space[at] === space && pages.page[at]! >= from && pages.page[at]! < to,
  );
  return {
    seq,
    timeNs,
    harvests,
    harvesting,
    reads,
    tlbs,
    pages: rows.map((at) => {
      const own = Array.from(frames.frame, (_, index) => index).filter(
        (index) => frames.frame[index] === pages.frame[at],
      );
      return {
        page: pages.page[at],
        frame: pages.frame[at],
        entry: [pages.pteLow[at], pages.pteHigh[at]],
        marks: pages.marks[at],
        writes: own.map((index) => [frames.generation[index], frames.captured[index], frames.cached[index]]),
      };
    }),
  };
}

function checkHistories(
  reader: TrailReader,
  points: readonly number[],
  subjects: readonly Subject[],
  { changes }: Known,
  random: Random,
) {
  const history = History.open(reader);
  for (const point of points) {
    for (let question = 0; question < QUESTIONS; question++) {
      const at = random.below(subjects.length);
      const expected = changes[at]!.findLast((seq) => seq <= point);
      const last = history.last(subjects[at]!, point);
      expect(last?.seq, `${JSON.stringify(subjects[at])} at ${point}`).toBe(expected);
      count(`last ${subjects[at]!.kind}${expected === undefined ? ', never' : ''}`, 1);
    }
    for (let question = 0; question < HISTORIES; question++) {
      const at = random.below(subjects.length);
      const from = random.below(2) === 0 ? 1 : 1 + random.below(point);
      const told = [...history.changes(subjects[at]!, from, point)].map(({ seq }) => seq);
      const expected = changes[at]!.filter((seq) => seq >= from && seq <= point);
      expect(told, `${JSON.stringify(subjects[at])} from ${from} to ${point}`).toEqual(expected);
      count('histories', 1);
    }
  }
}

/** All that has a history, of pages that random events speak of. */
function subjectsOf(plain: PlainTrail, random: Random): Subject[] {
  const places = new Map<string, { space: number; page: number }>();
  const cpus = new Set<number>();
  while (places.size < SUBJECT_PAGES) {
    const { space, page, pages, cpu } = plain.at(1 + random.below(plain.events));
    cpus.add(cpu);
    // Most events are writes to few pages, so that one in two is drawn anew.
    if (page < 0 || (pages === 1 && places.has(`${space} ${page}`) && random.below(20) > 0)) continue;
    const place = { space, page: page + random.below(pages) + (random.below(12) === 0 ? 1 : 0) };
    places.set(`${space} ${place.page} ${places.has(`${space} ${place.page}`) ? places.size : ''}`, place);
  }
  return [...places.values()].flatMap((place): Subject[] => [
    { kind: 'page', ...place },
    { kind: 'pte', ...place },
    ...BITS.map((flags) => ({ kind: 'pte', ...place, flags }) as const),
    ...[...cpus].map((cpu) => ({ kind: 'tlb', cpu, ...place }) as const),
    ...CARRIERS.map((carrier) => ({ kind: 'carrier', carrier, ...place }) as const),
  ]);
}

function count(what: string, by: number): void {
  compared[what] = (compared[what] ?? 0) + by;
}
