import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, it } from 'vitest';
import { PAGE_LIMIT, PAGES_PER_TABLE, Random, TrailFormatError } from '../../../base/index.js';
import { EventBatch } from '../../batch.js';
import {
  EVENT_BY_CODE,
  EVENT_KINDS,
  mark,
  PAGES_SLOT,
  pte,
  report,
  tlbFill,
  tlbUpdate,
  unmap,
} from '../../events/index.js';
import { fieldsOf } from '../../codec/index.js';
import { OpenTable } from '../../codec/table.js';
import { PTE_DIRTY, PTE_HUGE, PTE_PRESENT, PTE_WRITABLE, pteLayout } from '../../layouts/index.js';
import { TLB_HUGE } from '../../vocabulary.js';
import type { Topic } from './aspects.js';
import { PART_EVENTS } from './first-rows.js';
import { TrailReader, TrailWriter } from '../index.js';
import { COMBINATIONS_SHARD, DIGIT } from './mention-tables.js';
import { sampleEnding, sampleMeta, writesBatch } from '../samples.js';

const folder = mkdtempSync(join(tmpdir(), 'pagetrail-page-index-'));
afterAll(() => rmSync(folder, { recursive: true }));

const layout = pteLayout('x86-64');
const meta = {
  ...sampleMeta,
  spaces: [{ kind: 'mm', layout: 'x86-64' } as const, { kind: 'mm', layout: 'x86-64' } as const],
};
const SPEAKING = EVENT_KINDS.filter(({ hasPage }) => hasPage);
const ANYTHING = fieldsOf(Object.fromEntries(SPEAKING.map(({ kind }) => [kind, []])));
const CHUNKS = 40;
const EVENTS = 30;

/** Pages here and there: in the first table, in the next, and the last of all, where a range may reach behind. */
function anyPage(random: Random): number {
  return [0, 1, 2, 3, PAGES_PER_TABLE, PAGES_PER_TABLE + 1, 5_000, PAGE_LIMIT - 3][random.below(8)]! + random.below(3);
}

function chunkOf(random: Random, firstSeq: number): EventBatch {
  const batch = new EventBatch(EVENTS);
  batch.firstSeq = firstSeq;
  batch.length = EVENTS;
  const kinds = SPEAKING.filter(() => random.below(4) === 0);
  for (let row = 0; row < EVENTS; row++) {
    const { code } = kinds[random.below(kinds.length)] ?? SPEAKING[0];
    batch.kind[row] = code;
    batch.time[row] = firstSeq + row;
    batch.space[row] = random.below(2);
    batch.cpu[row] = random.below(4) - 1;
    batch.page[row] = random.below(20) === 0 ? -1 : anyPage(random);
    const slot = PAGES_SLOT[code]!;
    if (slot >= 0) batch.slots[slot]![row] = random.below(3) === 0 ? 60 + random.below(600) : 1 + random.below(3);
    if (code === mark.code) batch.slots[mark.slot.carrier]![row] = random.below(12);
    if (code === tlbFill.code) batch.slots[tlbFill.slot.flags]![row] = random.below(8);
    if (code === tlbUpdate.code) batch.slots[tlbUpdate.slot.flags]![row] = random.below(8);
    if (code === pte.code) {
      const [before, after] = [0, 1].map(
        () => [0, PTE_PRESENT | [0, PTE_WRITABLE, PTE_DIRTY, PTE_HUGE][random.below(4)]!][random.below(2)]!,
      );
      batch.slots[pte.slot.oldLow]![row] = layout.low(before!, 7);
      batch.slots[pte.slot.newLow]![row] = layout.low(after!, 7);
    }
  }
  return batch;
}

/** Whether the event is about the page, a huge entry's being about all of its table. */
function isAbout(batch: EventBatch, row: number, space: number, page: number): boolean {
  const [code, first] = [batch.kind[row]!, batch.page[row]!];
  if (batch.space[row] !== space || first < 0) return false;
  const slot = PAGES_SLOT[code]!;
  const flags = (low: number) => layout.flags(batch.slots[low]![row]!, 0);
  const isHuge =
    (code === pte.code && ((flags(pte.slot.oldLow) | flags(pte.slot.newLow)) & PTE_HUGE) !== 0) ||
    (code === tlbFill.code && (batch.slots[tlbFill.slot.flags]![row]! & TLB_HUGE) !== 0) ||
    (code === tlbUpdate.code && (batch.slots[tlbUpdate.slot.flags]![row]! & TLB_HUGE) !== 0);
  const pages = slot >= 0 ? batch.slots[slot]![row]! : isHuge && first % PAGES_PER_TABLE === 0 ? PAGES_PER_TABLE : 1;
  return first <= page && first + Math.max(pages, 1) > page;
}

/** Whether it is what is asked about. */
function isMeant(batch: EventBatch, row: number, { kinds, flags, carrier, cpu }: Topic): boolean {
  const code = batch.kind[row]!;
  if ((kinds & (1 << code)) === 0) return false;
  if (code === mark.code && carrier !== undefined) return batch.slots[mark.slot.carrier]![row] === carrier;
  if (code === tlbFill.code && cpu !== undefined) return batch.cpu[row] === cpu;
  if (code !== pte.code || flags === undefined) return true;
  const [before, after] = [pte.slot.oldLow, pte.slot.newLow].map((low) => layout.flags(batch.slots[low]![row]!, 0));
  return ((before! ^ after!) & flags) !== 0;
}

const topics: Array<[string, Topic]> = [
  ['anything', { kinds: SPEAKING.reduce((mask, { code }) => mask | (1 << code), 0) }],
  ['an entry', { kinds: 1 << pte.code }],
  ['D of an entry', { kinds: 1 << pte.code, flags: PTE_DIRTY }],
  ['P or W of an entry', { kinds: 1 << pte.code, flags: PTE_PRESENT | PTE_WRITABLE }],
  ['marks', { kinds: 1 << mark.code }],
  ['marks of a carrier', { kinds: 1 << mark.code, carrier: 3 }],
  ['fills of a CPU', { kinds: 1 << tlbFill.code, cpu: 2 }],
  ['fills of a device', { kinds: 1 << tlbFill.code, cpu: -1 }],
];

/** What it is told of exactly where in a chunk it begins. */
const families: Array<[string, Topic]> = [
  ['anything', topics[0]![1]],
  ['an entry', topics[1]![1]],
  ['marks and what clears them', { kinds: (1 << mark.code) | (1 << unmap.code) }],
  ['fills', { kinds: 1 << tlbFill.code }],
];
const placed = [...families, ...topics.slice(2)];

async function recorded(seed: number): Promise<{ path: string; batches: EventBatch[] }> {
  const random = new Random(seed);
  const path = join(folder, `${seed}.trail`);
  const writer = TrailWriter.create(path, meta);
  const batches = Array.from({ length: CHUNKS }, (_, chunk) => chunkOf(random, 1 + chunk * EVENTS));
  for (const batch of batches) writer.append(batch);
  await writer.close(sampleEnding);
  return { path, batches };
}

/** Expects of an opened trail that going back through a chunk finds every event about a page, whatever kinds the index leaves out. */
function expectAllFound(reader: TrailReader, chunk: number, batch: EventBatch, space: number, page: number): number {
  const one = new EventBatch(1);
  const end = batch.firstSeq + batch.length - 1;
  const found = [...reader.eventsBack(chunk, end, { selection: ANYTHING, space, page, head: page }, one)];
  const rows = [...batch.kind.keys()].filter((row) => {
    const [first, slot] = [batch.page[row]!, PAGES_SLOT[batch.kind[row]!]!];
    const isRange = slot >= 0 && first >= 0 && first <= page && first + batch.slots[slot]![row]! > page;
    return batch.space[row] === space && (first === page || isRange);
  });
  expect(found, `chunk ${chunk}, space ${space}, page ${page}`).toEqual(
    rows.map((row) => batch.firstSeq + row).reverse(),
  );
  return found.length;
}

describe('the page index', () => {
  it('leaves out no kind that a chunk has of a page', async () => {
    const { path, batches } = await recorded(99);
    const reader = TrailReader.open(path);
    const random = new Random(5);
    let found = 0;
    for (let question = 0; question < 2000; question++) {
      const chunk = random.below(CHUNKS);
      found += expectAllFound(reader, chunk, batches[chunk]!, random.below(2), anyPage(random));
    }
    expect(found).toBeGreaterThan(1000);
    reader.close();
  });

  it.each(topics)('leads to the last chunk that speaks of %s', async (name, topic) => {
    const { path, batches } = await recorded(topics.findIndex(([other]) => other === name) + 1);
    const reader = TrailReader.open(path);
    const random = new Random(9);
    let passed = 0;
    let vain = 0;
    for (let question = 0; question < 600; question++) {
      const [space, page] = [random.below(2), anyPage(random)];
      const atMost = random.below(CHUNKS);
      const isAtEnd = question % 2 === 0;
      const seq = (atMost + 1) * EVENTS - (isAtEnd ? 0 : random.below(EVENTS));
      const speaks = (batch: EventBatch) =>
        batch.kind.some(
          (_, row) => batch.firstSeq + row <= seq && isAbout(batch, row, space, page) && isMeant(batch, row, topic),
        );
      const expected = batches.findLastIndex(speaks);
      const found = reader.lastChunkAbout(space, page, topic, seq);
      // It may lead to a chunk in vain where the moment is in its middle, and never past one.
      expect(found, `space ${space}, page ${page}, up to ${seq}`).toBeGreaterThanOrEqual(expected);
      expect(found).toBeLessThanOrEqual(atMost);
      passed += atMost - found;
      if (found > expected && isAtEnd) vain++;
    }
    expect(vain).toBeLessThan(name === 'marks of a carrier' ? 100 : 1);
    expect(passed).toBeGreaterThan(50);
    reader.close();
  });

  it.each(placed)('tells in which part of a chunk it begins to speak of %s', async (name, topic) => {
    const events = 20_000;
    const random = new Random(placed.findIndex(([other]) => other === name) + 31);
    // Events that speak of nothing but a page of another space lie between those of a few random chunks: more combinations than one digit tells.
    const batches = Array.from({ length: 18 }, (_, chunk) => {
      const batch = writesBatch(1 + chunk * events, events);
      batch.space.fill(2);
      for (let of = 0; of < 3; of++) {
        const few = chunkOf(random, 1);
        for (let at = 0; at < EVENTS; at++) {
          const row = Math.floor(((at + random.unit()) * events) / EVENTS);
          for (const column of ['kind', 'cpu', 'space', 'page'] as const) batch[column][row] = few[column][at]!;
          for (const [slot, values] of few.slots.entries()) batch.slots[slot]![row] = values[at]!;
        }
      }
      return batch;
    });
    const path = join(folder, `parts-${name}.trail`);
    const writer = TrailWriter.create(path, { ...meta, spaces: [...meta.spaces, meta.spaces[0]!] });
    for (const batch of batches) writer.append(batch);
    await writer.close(sampleEnding);
    const reader = TrailReader.open(path);
    const speaking = batches.map(({ space }) => [...space.keys()].filter((row) => space[row]! < 2));
    let passed = 0;
    for (let question = 0; question < 500; question++) {
      const [space, page] = [random.below(2), anyPage(random)];
      const seq = 1 + random.below(batches.length * events);
      const chunk = Math.floor((seq - 1) / events);
      const end = Math.ceil((seq - chunk * events) / PART_EVENTS) * PART_EVENTS;
      const speaks = (at: number, upTo: number) =>
        speaking[at]!.some(
          (row) => row < upTo && isAbout(batches[at]!, row, space, page) && isMeant(batches[at]!, row, topic),
        );
      const found = reader.lastChunkAbout(space, page, topic, seq);
      const inPart = speaks(chunk, end) ? chunk : batches.findLastIndex((_, at) => at < chunk && speaks(at, events));
      const where = `space ${space}, page ${page}, up to ${seq}`;
      // Where a flag, a carrier or a CPU begins is told of all of them together only.
      expect(found, where).toBeGreaterThanOrEqual(inPart);
      if (families.some(([other]) => other === name)) expect(found, where).toBe(inPart);
      if (found < chunk && speaks(chunk, events)) passed++;
    }
    if (families.some(([other]) => other === name)) expect(passed).toBeGreaterThan(5);
    reader.close();
    const db = new Database(path);
    const combinations = db.prepare('SELECT body FROM page_index WHERE segment = 0 AND shard = ?').pluck();
    expect(OpenTable.sealed(combinations.get(COMBINATIONS_SHARD) as Uint8Array, 2).rows).toBeGreaterThan(DIGIT);
    db.close();
  });

  it('does not lead to a chunk that speaks of the page only later', async () => {
    const events = 8192;
    const path = join(folder, 'later.trail');
    const writer = TrailWriter.create(path, meta);
    for (let chunk = 0; chunk < 20; chunk++) {
      const batch = writesBatch(1 + chunk * events, events);
      batch.page.fill(40);
      batch.space.fill(0);
      batch.page.fill(7, 6000, 6400);
      batch.page[7200] = 7;
      batch.kind[7200] = pte.code;
      batch.slots[pte.slot.newLow]![7200] = layout.low(PTE_PRESENT, 7);
      // A range over both, late in every fourth chunk.
      if (chunk % 4 === 0) {
        batch.kind[8000] = report.code;
        batch.page[8000] = 0;
        batch.slots[report.slot.pages]![8000] = 100;
      }
      writer.append(batch);
    }
    await writer.close(sampleEnding);
    const reader = TrailReader.open(path);
    const [anything, entry] = [topics[0]![1], topics[1]![1]];
    const told = { kinds: 1 << report.code };
    const writes = { kinds: 1 << 1 };
    const at = (chunk: number, row: number) => 1 + chunk * events + row;
    const asked: Array<[Topic, chunk: number, row: number, found: number]> = [
      [writes, 5, 100, 4],
      [writes, 5, 6000, 5],
      [writes, 8, 100, 7],
      [writes, 0, 100, -1],
      [entry, 5, 6000, 4],
      [entry, 5, 7200, 5],
      [entry, 16, 4000, 15],
      [anything, 5, 100, 4],
      [anything, 8, 100, 7],
      [anything, 0, 100, -1],
      [told, 8, 100, 4],
      [told, 8, 8010, 8],
    ];
    for (const [topic, chunk, row, found] of asked)
      expect(reader.lastChunkAbout(0, 7, topic, at(chunk, row)), `${chunk}, ${row}`).toBe(found);
    expect(reader.lastChunkAbout(0, 40, writes, at(5, 0))).toBe(5);
    reader.close();
  });

  it.each([3, 4, 5])('of a trail of format %i is read as it was written', (version) => {
    const reader = TrailReader.open(fileURLToPath(new URL(`../../golden/v${version}.trail`, import.meta.url)));
    const batches = reader.chunks.map(({ events }, index) => {
      const batch = new EventBatch(events);
      reader.readChunk(index, batch);
      return batch;
    });
    const kinds = EVENT_KINDS.filter(({ hasPage }) => hasPage);
    let passed = 0;
    for (const batch of batches) {
      for (let row = 0; row < batch.length; row++) {
        const [space, page] = [batch.space[row]!, batch.page[row]!];
        if (page < 0) continue;
        expectAllFound(reader, reader.chunkOf(batch.firstSeq), batch, space, page);
        for (const { code } of kinds) {
          const topic = { kinds: 1 << code };
          const seq = batch.firstSeq + row;
          const expected = batches.findLastIndex((other) =>
            other.kind.some(
              (_, at) => other.firstSeq + at <= seq && isAbout(other, at, space, page) && isMeant(other, at, topic),
            ),
          );
          const found = reader.lastChunkAbout(space, page, topic, seq);
          expect(found, `${EVENT_BY_CODE[code]!.kind} ${page} up to ${seq}`).toBeGreaterThanOrEqual(expected);
          passed += reader.chunkOf(seq) - found;
        }
      }
    }
    expect(passed).toBeGreaterThan(100);
    reader.close();
  });

  it('that is absent lets every chunk be searched, and a damaged one is named', async () => {
    const { path, batches } = await recorded(77);
    const db = new Database(path);
    db.prepare('DELETE FROM page_index WHERE segment = 1').run();
    db.prepare('UPDATE page_index SET body = ? WHERE segment = 0').run(Buffer.from('nothing of the kind'));
    db.close();
    const reader = TrailReader.open(path);
    const anything = topics[0]![1];
    expect(reader.lastChunkAbout(0, 99_999_999, anything, 1 + 20 * EVENTS)).toBe(20);
    expect(reader.lastChunkAbout(0, 99_999_999, anything, batches.length * EVENTS)).toBe(31);
    expect(() => reader.lastChunkAbout(0, 1, anything, 15 * EVENTS)).toThrow(TrailFormatError);
    expect(() => reader.lastChunkAbout(0, 1, anything, 15 * EVENTS)).toThrow(
      /page index of segment 0 .* cannot be read/,
    );
    reader.close();
  });
});
