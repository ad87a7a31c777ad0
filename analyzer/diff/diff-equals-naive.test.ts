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
}

interface NaiveSide {
  readonly epochs: NaiveEpoch[];
  /** By CPU, one text per write. */
  readonly writes: Map<number, string[]>;
}

function naiveSide(events: EventBatch): NaiveSide {
  const fold = new Fold(DRAWN_META);
  const side: NaiveSide = { epochs: [], writes: new Map() };
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
      side.epochs.push({ ...at, reported, stale });
      reported = new Set();
      closing = null;
    }
    fold.apply(events, row, row + 1);
  }
  return side;
}

const minus = (a: Set<string>, b: Set<string>) => [...a].filter((page) => !b.has(page));
const totals = (a: Set<string>, b: Set<string>) => [minus(a, b).length, minus(b, a).length];

function naiveDiff(a: NaiveSide, b: NaiveSide) {
  const epochs = [];
  let divergence = null;
  for (let i = 0; i < Math.min(a.epochs.length, b.epochs.length); i++) {
    const [left, right] = [a.epochs[i]!, b.epochs[i]!];
    if (left.writes !== right.writes) break;
    const reported = totals(left.reported, right.reported);
    const stale = totals(left.stale, right.stale);
    epochs.push({ writes: left.writes, pages: [left.reported.size, right.reported.size], onlyInTotal: reported });
    if (divergence === null && reported[0]! + reported[1]! + stale[0]! + stale[1]! > 0) {
      divergence = {
        write: left.writes,
        seqs: [left.seq, right.seq],
        reportedOnlyInTotal: reported,
        staleOnlyInTotal: stale,
      };
    }
  }
  return { epochs, divergence };
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
    const epochs = actual.epochs.map(({ writes, pages, onlyInTotal }) => ({ writes, pages, onlyInTotal }));
    expect(epochs).toEqual(expected.epochs);
    if (expected.divergence === null) expect(actual.firstDivergence).toBeNull();
    else expect(actual.firstDivergence).toMatchObject(expected.divergence);
    expect(actual.aligned).toBe(!dropWrite);
    if (dropWrite) {
      const { cpu, ordinal } = actual.misalignment!;
      const [left, right] = [a.writes.get(cpu) ?? [], b.writes.get(cpu) ?? []];
      expect(left.findIndex((text, i) => text !== right[i])).toBe(ordinal - 1);
    }
  });

  it('has found divergences, and runs without', () => {
    const outcomes = Array.from({ length: 60 }, (_, i) => {
      const events = randomEvents(i + 1, 800);
      return naiveDiff(naiveSide(events), naiveSide(withSomeGone(events, new Random(i), false))).divergence !== null;
    });
    expect(outcomes.filter((diverged) => diverged).length).toBeGreaterThan(10);
    expect(outcomes.filter((diverged) => !diverged).length).toBeGreaterThan(3);
  });
});
