/** Searches that skip chunks, and prefixes of trails, against a naive look at every event: random trails, random questions. */
import { expect, it } from 'vitest';
import { Random } from '../../base/index.js';
import { Fold, Replayer } from '../../replayer/index.js';
import { copyRows, MemorySource } from '../../replayer/testing/drawn.js';
import { randomEvents, randomMeta } from '../../replayer/testing/random-events.js';
import { EventBatch } from '../../traces/index.js';
import { Prefix } from './prefix.js';
import { covers, type KindName, type TrailEvent, TrailEvents } from './trail-events.js';
import { why } from './why.js';

const EVENTS = 600;
const CHUNK = 97;
const SEEDS = Array.from({ length: 8 }, (_, i) => i + 1);
const KINDS: ReadonlyArray<readonly KindName[]> = [
  ['write'],
  ['pte', 'mark'],
  ['flush-ack'],
  ['transfer'],
  ['switch', 'gap'],
];

function trail(seed: number): MemorySource {
  const all = randomEvents(seed, EVENTS);
  const batches: EventBatch[] = [];
  for (let from = 0; from < EVENTS; from += CHUNK) {
    const to = Math.min(EVENTS, from + CHUNK);
    const part = new EventBatch(to - from);
    copyRows(all, from, to, part);
    batches.push(part);
  }
  return new MemorySource(batches, randomMeta(seed));
}

function naive(source: MemorySource): TrailEvent[] {
  const events = new TrailEvents(source);
  return Array.from({ length: EVENTS }, (_, i) => events.at(i + 1)!);
}

it.each(SEEDS)('seed %i: the last event before a point and the first after it are those of a scan', (seed) => {
  const source = trail(seed);
  const all = naive(source);
  const events = new TrailEvents(source);
  const random = new Random(seed);
  expect(all.map(({ seq }) => seq)).toEqual(all.map((_, i) => i + 1));
  for (let question = 0; question < 200; question++) {
    const kinds = KINDS[random.below(KINDS.length)]!;
    const about = all[random.below(EVENTS)]!;
    const at = random.below(EVENTS + 2);
    const least = 1 + random.below(EVENTS);
    const wanted = (event: TrailEvent) => about.page < 0 || covers(event, about.space, about.page);
    const isOne = (event: TrailEvent) => (kinds as readonly string[]).includes(event.kind) && wanted(event);
    const before = all.findLast((event) => event.seq <= at && event.seq >= least && isOne(event));
    expect(events.lastBefore(at, kinds, wanted, least)?.seq, `before ${at}`).toBe(before?.seq);
    const after = all.find((event) => event.seq >= at && event.seq <= at + least && isOne(event));
    expect(events.firstAfter(at, kinds, wanted, at + least)?.seq, `after ${at}`).toBe(after?.seq);
  }
});

it.each(SEEDS)('seed %i: a prefix is the trail that ends there', (seed) => {
  const source = trail(seed);
  const all = randomEvents(seed, EVENTS);
  for (const seq of [1, CHUNK - 1, CHUNK, CHUNK + 1, 300, EVENTS]) {
    const fold = new Fold(source.meta);
    fold.apply(all, 0, seq);
    const prefix = new Prefix(source, seq);
    const replayer = Replayer.open(prefix);
    expect(replayer.lastSeq).toBe(seq);
    expect(replayer.goTo(seq).snapshot()).toEqual(fold.snapshot());
    expect(new TrailEvents(prefix).at(seq)?.seq).toBe(seq);
    expect(new TrailEvents(prefix).at(seq + 1)).toBeNull();
  }
});

it.each(SEEDS)('seed %i: what is said of a page is what a fold knows', (seed) => {
  const source = trail(seed);
  const all = randomEvents(seed, EVENTS);
  const random = new Random(seed);
  for (let question = 0; question < 25; question++) {
    const seq = 1 + random.below(EVENTS);
    const fold = new Fold(source.meta);
    fold.apply(all, 0, seq);
    const { page } = fold.pages;
    if (fold.pages.count === 0) continue;
    const number = page[random.below(fold.pages.count)]!;
    const { sentence, links } = why(source, { kind: 'page', page: number }, { at: { kind: 'seq', seq } })!;
    const indices = [0, 1].map((space) => fold.pages.find(space, number)).filter((index) => index >= 0);
    const index = indices.find((one) => fold.isStale(one)) ?? indices[0]!;
    const words = fold.isStale(index)
      ? fold.isMarked(index)
        ? 'is dirty'
        : 'is stale'
      : fold.isMarked(index)
        ? 'counts as dirty'
        : 'is clean';
    expect(sentence, `page ${number} at ${seq}`).toContain(words);
    for (const link of links) if (link.seq !== null) expect(link.seq).toBeLessThanOrEqual(seq);
  }
});
