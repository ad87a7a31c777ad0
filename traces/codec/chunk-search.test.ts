import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Random, TrailFormatError } from '../../base/index.js';
import { EventBatch } from '../batch.js';
import { EVENT_KINDS, PAGES_SLOT, write } from '../events/index.js';
import { ChunkSearch, type PageQuery, type SlotQuery } from './chunk-search.js';
import { ChunkPacker, ChunkUnpacker, fieldsOf, type Selection, sealChunkSync } from './index.js';
import { openChunk } from './open-chunk.js';
import { randomBatch } from './samples.js';

const packer = new ChunkPacker(4096);
const unpacker = new ChunkUnpacker();
const searching = new ChunkSearch();

/** All fields of some kinds. */
function someKinds(random: Random): Selection {
  const kinds = EVENT_KINDS.filter(() => random.below(3) > 0);
  return fieldsOf(Object.fromEntries(kinds.map(({ kind, fields }) => [kind, Object.keys(fields)])), { who: true });
}

/** Few pages, ranges over some of them, few spaces: whatever is asked about is often there. */
function crowded(random: Random, length: number, sane: boolean): EventBatch {
  const batch = randomBatch(random, length, sane);
  const spaces = 1 + random.below(2);
  for (let row = 0; row < length; row++) {
    if (batch.page[row]! >= 0) batch.page[row] = random.below(12);
    batch.space[row] = random.below(spaces);
    const slot = PAGES_SLOT[batch.kind[row]!]!;
    if (slot >= 0 && random.below(2) > 0) batch.slots[slot]![row] = random.below(5);
    const held = (EVENT_KINDS.find(({ code }) => code === batch.kind[row])!.slot as Record<string, number>)['slot'];
    if (held !== undefined && random.below(2) > 0) batch.slots[held]![row] = random.below(3);
    if (random.below(2) > 0) batch.cpu[row] = random.below(3) - 1;
  }
  return batch;
}

/** What a query finds, as one would look for it first: rows from the last one back. */
function scanned(batch: EventBatch, upTo: number, { selection, space, page, head }: PageQuery): number[] {
  const rows: number[] = [];
  for (let row = upTo; row >= 0; row--) {
    const code = batch.kind[row]!;
    const first = batch.page[row]!;
    const slot = PAGES_SLOT[code]!;
    const covers = first >= 0 && first <= page && slot >= 0 && first + batch.slots[slot]![row]! > page;
    if ((selection.kinds & (1 << code)) === 0 || batch.space[row] !== space) continue;
    if (first === page || first === head || covers) rows.push(row);
  }
  return rows;
}

/** The same of what happens to a slot of a TLB: rows from the first one on. */
function scannedOnward(batch: EventBatch, from: number, { selection, cpu, slot }: SlotQuery): number[] {
  return [...batch.kind.keys()].slice(from, batch.length).filter((row) => {
    const code = batch.kind[row]!;
    if ((selection.kinds & (1 << code)) === 0 || batch.cpu[row] !== cpu) return false;
    const field = EVENT_KINDS.find((kind) => kind.code === code)!.slot as Record<string, number>;
    return field['slot'] === undefined || batch.slots[field['slot']]![row] === slot;
  });
}

/** Everything of the event in a row but its time. */
function eventIn(batch: EventBatch, at: number): number[] {
  const { fields } = EVENT_KINDS.find(({ code }) => code === batch.kind[at])!;
  const common = [batch.cpu, batch.actor, batch.space, batch.step, batch.page].map((column) => column[at]!);
  return [batch.kind[at]!, ...common, ...Object.keys(fields).map((_, slot) => batch.slots[slot]![at]!)];
}

describe('searching a chunk', () => {
  it('finds what a scan finds, event by event, and tells their times', () => {
    let found = 0;
    let met = 0;
    const one = new EventBatch(1);
    for (let seed = 1; seed <= 200; seed++) {
      const random = new Random(seed);
      const length = 1 + random.below(seed % 10 === 0 ? 3000 : 120);
      const batch = crowded(random, length, seed % 2 === 0);
      const search = searching.open(openChunk(sealChunkSync(packer.pack(batch))));
      for (let question = 0; question < 6; question++) {
        const page = random.below(13);
        const query = { selection: someKinds(random), space: random.below(2), page, head: random.below(page + 1) };
        const upTo = random.below(length);
        const told: unknown[] = [];
        for (const row of search.backFrom(upTo, query, one)) told.push([row, one.row[0], eventIn(one, 0)]);
        const expected = scanned(batch, upTo, query).map((row) => [row, row, eventIn(batch, row)]);
        expect(told, `seed ${seed}, question ${question}`).toEqual(expected);
        expect([one.firstSeq, one.length]).toEqual(
          expected.length > 0 ? [batch.firstSeq, 1] : [one.firstSeq, one.length],
        );
        found += expected.length;
        const fate = { selection: someKinds(random), cpu: random.below(3) - 1, slot: random.below(3) };
        const onward: unknown[] = [];
        for (const row of search.onward(upTo, fate, one)) onward.push([row, one.row[0], eventIn(one, 0)]);
        const ahead = scannedOnward(batch, upTo, fate).map((row) => [row, row, eventIn(batch, row)]);
        expect(onward, `seed ${seed}, question ${question} onward`).toEqual(ahead);
        met += ahead.length;
        expect(search.timeOf(upTo), `seed ${seed}, time of row ${upTo}`).toBe(batch.time[upTo]);
      }
    }
    expect(found).toBeGreaterThan(5000);
    expect(met).toBeGreaterThan(5000);
  });

  it.each([
    ['anywhere', () => true],
    // What comes first takes a byte a row, and what comes then four: the beginning that is expanded is too short.
    ['first in order and then anywhere', (row: number) => row > 20_000],
    ['first anywhere and then in order', (row: number) => row < 20_000],
  ])('expands of writes that go %s no more than it needs, and finds the same', (_, isAnywhere) => {
    const random = new Random(17);
    const batch = new EventBatch(40_000);
    batch.length = batch.capacity;
    for (let row = 0; row < batch.length; row++) {
      batch.kind[row] = write.code;
      batch.time[row] = row;
      batch.page[row] = isAnywhere(row) ? random.below(3000) : 5 + Math.floor(row / 500);
      batch.slots[write.slot.offset]![row] = isAnywhere(row) ? random.below(4096) : row % 8;
    }
    const body = sealChunkSync(new ChunkPacker().pack(batch));
    const one = new EventBatch(1);
    for (let question = 0; question < 60; question++) {
      const last = random.below(batch.length);
      const page = batch.page[last]!;
      const query = { selection: fieldsOf({ write: ['offset'] }), space: 0, page, head: page };
      // Twice in a chunk that was opened anew: the second may need more of it than the first.
      const search = searching.open(openChunk(body));
      for (const upTo of [last, random.below(batch.length)]) {
        const told: unknown[] = [];
        for (const row of search.backFrom(upTo, query, one))
          told.push([row, one.page[0], one.slots[write.slot.offset]![0]]);
        const expected = scanned(batch, upTo, query).map((row) => [row, page, batch.slots[write.slot.offset]![row]]);
        expect(told, `page ${page} up to ${upTo}`).toEqual(expected);
      }
    }
  });

  it('of damaged bytes under a right checksum lets out nothing but named errors', () => {
    const random = new Random(4);
    const one = new EventBatch(1);
    const into = new EventBatch();
    const query = {
      selection: fieldsOf({ write: ['offset'], pte: ['oldLow'], mark: ['pages'], 'tlb-fill': ['slot'] }),
      space: 0,
      page: 3,
      head: 3,
    };
    const refusals = [0, 0];
    for (let round = 0; round < 3000; round++) {
      const batch = crowded(new Random(round % 40), 12, round % 3 !== 0);
      const bytes = sealChunkSync(packer.pack(batch));
      for (let flips = 1 + random.below(3); flips > 0; flips--)
        bytes[4 + random.below(bytes.length - 4)] = random.below(256);
      new DataView(bytes.buffer).setUint32(0, crc32(bytes.subarray(4)), true);
      const outcomes = [
        () => unpacker.unpack(bytes, into),
        () => {
          const search = searching.open(openChunk(bytes));
          for (const row of search.backFrom(11, query, one)) search.timeOf(row);
          for (const row of search.onward(2, { ...query, cpu: 1, slot: 1 }, one)) search.timeOf(row);
          for (let row = 0; row < 12; row++) search.timeOf(row);
        },
      ].map((read) => {
        try {
          read();
          return null;
        } catch (error) {
          return error;
        }
      });
      outcomes.forEach((error, i) => {
        if (error === null) return;
        refusals[i]!++;
        expect((error as Error).constructor.name, `round ${round}`).toMatch(/^Trail(Format|Version)Error$/);
      });
      // A search looks at less, and so may refuse less.
      if (outcomes[0] === null) expect(outcomes[1], `round ${round}`).toBeNull();
    }
    expect(Math.min(...refusals)).toBeGreaterThan(500);
    expect(() => searching.open(openChunk(new Uint8Array(9)))).toThrow(TrailFormatError);
  });
});
