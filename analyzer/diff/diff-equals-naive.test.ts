/** `diff` against the comparison as one would write it first: sets of pages and lists of writes, over unruly random events. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../base/index.js';
import { Fold } from '../../replayer/index.js';
import { DRAWN_META, MemorySource, copyRows } from '../../replayer/testing/drawn.js';
import { randomEvents } from '../../replayer/testing/random-events.js';
import { EVENT_BY_CODE, EventBatch, note, report, write } from '../../traces/index.js';
import { diff } from './diff.js';

interface NaiveEpoch {
  readonly writes: number;
  readonly seq: number;
  readonly reported: Set<string>;
  readonly stale: Set<string>;
  /** Pages that were stale when its harvest began and are no more. */
  readonly captured: number;
}

interface NaiveSide {
  readonly epochs: NaiveEpoch[];
  /** By CPU, one text per write. */
  readonly writes: Map<number, string[]>;
  /** Seq by position among all writes, from 1. */
  readonly seqs: number[];
}

function naiveSide(events: EventBatch): NaiveSide {
  const fold = new Fold(DRAWN_META);
  const side: NaiveSide = { epochs: [], writes: new Map(), seqs: [0] };
  let writes = 0;
  let seq = 0;
  let closing: { writes: number; seq: number; owed: Map<number, number> } | null = null;
  let reported = new Set<string>();
  const begin = () => {
    const owed = new Map<number, number>();
    for (let page = 0; page < fold.pages.count; page++) if (fold.isStale(page)) owed.set(page, fold.generationOf(page));
    return { writes, seq, owed };
  };
  for (let row = 0; row < events.length; row++) {
    const kind = EVENT_BY_CODE[events.kind[row]!]!.kind;
    const [cpu, space, page] = [events.cpu[row]!, events.space[row]!, events.page[row]!];
    if (kind === 'write') {
      const [offset, size] = [events.slots[write.slot.offset]![row]!, events.slots[write.slot.size]![row]!];
      side.writes.set(cpu, [...(side.writes.get(cpu) ?? []), [space, page, offset, size].join()]);
      writes++;
      seq = row + 1;
      side.seqs.push(seq);
    }
    if (kind === 'report') {
      const pages = events.slots[report.slot.pages]![row]!;
      for (let i = 0; i < pages; i++) reported.add(`${space}:${page + i}`);
    }
    if (kind === 'harvest-begin') closing = begin();
    if (kind === 'harvest-end') {
      const { owed, ...at } = closing ?? begin();
      const left = [...owed].filter(
        ([index, generation]) => fold.isStale(index) && fold.capturedOf(index) < generation,
      );
      const stale = new Set(left.map(([index]) => `${fold.pages.space[index]}:${fold.pages.page[index]}`));
      side.epochs.push({ ...at, reported, stale, captured: owed.size - left.length });
      reported = new Set();
      closing = null;
    }
    fold.apply(events, row, row + 1);
  }
  return side;
}

const minus = (a: Set<string>, b: Set<string>) => [...a].filter((page) => !b.has(page));
const totals = (a: Set<string>, b: Set<string>) => [minus(a, b).length, minus(b, a).length];

interface NaivePoint {
  readonly writes: number;
  /** Index of the harvest on each side, or -1. */
  readonly harvests: readonly [number, number];
}

/** All harvests of both sides in order of the writes before them; those after the same writes are one point. */
function points(a: NaiveSide, b: NaiveSide): NaivePoint[] {
  const found: NaivePoint[] = [];
  for (let i = 0, j = 0; i < a.epochs.length || j < b.epochs.length; ) {
    const [left, right] = [a.epochs[i]?.writes ?? Infinity, b.epochs[j]?.writes ?? Infinity];
    found.push({ writes: Math.min(left, right), harvests: [left <= right ? i : -1, right <= left ? j : -1] });
    if (left <= right) i++;
    if (right <= left) j++;
  }
  return found;
}

function naiveDiff(a: NaiveSide, b: NaiveSide) {
  const epochs = [];
  const stretches: Array<{ from: object; to: object | null }> = [];
  let divergence = null;
  let open: { from: object; to: object | null } | null = null;
  let told = [new Set<string>(), new Set<string>()] as const;
  const stale = [new Set<string>(), new Set<string>()];
  const ends = [a.seqs.length - 1, b.seqs.length - 1];
  for (const { writes, harvests } of points(a, b)) {
    if (harvests.some((at, side) => at < 0 && ends[side]! < writes)) continue; // the other trail is over
    const here = [a.epochs[harvests[0]], b.epochs[harvests[1]]] as const;
    const point = { write: writes, seqs: [a.seqs[writes], b.seqs[writes]] };
    for (const side of [0, 1] as const) {
      for (const page of here[side]?.reported ?? []) told[side].add(page);
      if (here[side] !== undefined) stale[side] = here[side].stale;
    }
    const reported = totals(told[0], told[1]);
    const isCommon = harvests[0] >= 0 && harvests[1] >= 0;
    const left = isCommon ? totals(stale[0]!, stale[1]!) : [here[1]?.captured ?? 0, here[0]?.captured ?? 0];
    const differs = reported[0]! + reported[1]! + left[0]! + left[1]! > 0;
    if (isCommon) {
      epochs.push({ writes, pages: [told[0].size, told[1].size], onlyInTotal: reported });
      told = [new Set<string>(), new Set<string>()];
    }
    if (differs && open === null) {
      stretches.push((open = { from: point, to: null }));
      divergence ??= { ...point, reportedOnlyInTotal: reported, staleOnlyInTotal: left };
    } else if (isCommon && !differs && open !== null) {
      open.to = point;
      open = null;
    }
  }
  return { epochs, divergence, stretches };
}

/** Gives each page a frame of its own, as most machines do. */
function keepFramesApart(events: EventBatch): void {
  const frames = new Map<string, number>();
  for (let row = 0; row < events.length; row++) {
    const { kind, slot } = EVENT_BY_CODE[events.kind[row]!]!;
    const page = `${events.space[row]}:${events.page[row]}`;
    if (!frames.has(page)) frames.set(page, frames.size + 1);
    const field = kind === 'frame-move' ? 'newFrame' : 'frame';
    if (field in slot) events.slots[(slot as Record<string, number>)[field]!]![row] = frames.get(page)!;
  }
}

/** A copy in which some events that are no writes and end no harvest became notes, which mean nothing; `dropWrite` takes a write too. */
function withSomeGone(events: EventBatch, random: Random, dropWrite: boolean): EventBatch {
  const copy = new EventBatch(events.length);
  copyRows(events, 0, events.length, copy);
  const goneIn = 1 + random.below(200);
  for (let row = 0; row < copy.length; row++) {
    const kind = EVENT_BY_CODE[copy.kind[row]!]!.kind;
    if (kind === 'write' || kind === 'harvest-end' || random.below(goneIn) > 0) continue;
    copy.kind[row] = note.code;
  }
  if (dropWrite) {
    let row = random.below(copy.length);
    while (copy.kind[row] !== write.code) row = (row + 1) % copy.length;
    copy.kind[row] = note.code;
  }
  return copy;
}

function inChunks(events: EventBatch, size: number): MemorySource {
  const batches: EventBatch[] = [];
  for (let from = 0; from < events.length; from += size) {
    const batch = new EventBatch(size);
    copyRows(events, from, Math.min(events.length, from + size), batch);
    batches.push(batch);
  }
  return new MemorySource(batches);
}

describe('diff equals the naive comparison', () => {
  it.each(Array.from({ length: 60 }, (_, i) => i + 1))('seed %i', (seed) => {
    const random = new Random(seed);
    const events = randomEvents(seed, 300 + random.below(1500));
    if (seed % 2 === 0) keepFramesApart(events);
    const dropWrite = seed % 5 === 0;
    const others = withSomeGone(events, random, dropWrite);
    const [a, b] = [naiveSide(events), naiveSide(others)];
    const expected = naiveDiff(a, b);
    const sources = [inChunks(events, 1 + random.below(400)), inChunks(others, 1 + random.below(400))] as const;
    const actual = diff(...sources);
    if (!dropWrite) {
      const epochs = actual.epochs.map(({ writes, pages, onlyInTotal }) => ({ writes, pages, onlyInTotal }));
      expect(epochs).toEqual(expected.epochs);
      if (expected.divergence === null) expect(actual.firstDivergence).toBeNull();
      else expect(actual.firstDivergence).toMatchObject(expected.divergence);
      expect(actual.reconverges).toEqual(
        expected.stretches[0]?.to ? expect.objectContaining(expected.stretches[0].to) : null,
      );
      expect(actual.divergences.total).toBe(expected.stretches.length);
      expect(actual.divergences.stretches).toMatchObject(expected.stretches.slice(0, 64));
    }
    expect(actual.aligned).toBe(!dropWrite);
    if (dropWrite) {
      const { cpu, ordinal } = actual.misalignment!;
      const [left, right] = [a.writes.get(cpu) ?? [], b.writes.get(cpu) ?? []];
      expect(left.findIndex((text, i) => text !== right[i])).toBe(ordinal - 1);
    }
  });

  it('has found divergences, meetings, and runs without', () => {
    const outcomes = Array.from({ length: 60 }, (_, i) => {
      const events = randomEvents(i + 1, 800);
      return naiveDiff(naiveSide(events), naiveSide(withSomeGone(events, new Random(i), false))).stretches;
    });
    expect(outcomes.filter((stretches) => stretches.length > 0).length).toBeGreaterThan(10);
    expect(outcomes.filter((stretches) => stretches.some(({ to }) => to !== null)).length).toBeGreaterThan(5);
    expect(outcomes.filter((stretches) => stretches.length === 0).length).toBeGreaterThan(3);
  });
});
