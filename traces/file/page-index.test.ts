import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, it } from 'vitest';
import { PAGES_PER_TABLE, Random, TrailFormatError } from '../../base/index.js';
import { EventBatch } from '../batch.js';
import { EVENT_KINDS, mark, PAGES_SLOT, pte, report, tlbFill, tlbUpdate } from '../events/index.js';
import { PTE_DIRTY, PTE_HUGE, PTE_PRESENT, PTE_WRITABLE, pteLayout } from '../layouts/index.js';
import { TLB_HUGE } from '../vocabulary.js';
import type { Topic } from './aspects.js';
import { TrailReader, TrailWriter } from './index.js';
import { sampleEnding, sampleMeta, writesBatch } from './samples.js';

const folder = mkdtempSync(join(tmpdir(), 'pagetrail-page-index-'));
afterAll(() => rmSync(folder, { recursive: true }));

const layout = pteLayout('x86-64');
const meta = {
  ...sampleMeta,
  spaces: [{ kind: 'mm', layout: 'x86-64' } as const, { kind: 'mm', layout: 'x86-64' } as const],
};
const SPEAKING = EVENT_KINDS.filter(({ hasPage }) => hasPage);
const CHUNKS = 40;
const EVENTS = 30;

/** Pages here and there: in the first table, in the next, and far away. */
function anyPage(random: Random): number {
  return [0, 1, 2, 3, PAGES_PER_TABLE, PAGES_PER_TABLE + 1, 5_000, 2 ** 40][random.below(8)]! + random.below(3);
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

async function recorded(seed: number): Promise<{ path: string; batches: EventBatch[] }> {
  const random = new Random(seed);
  const path = join(folder, `${seed}.trail`);
  const writer = TrailWriter.create(path, meta);
  const batches = Array.from({ length: CHUNKS }, (_, chunk) => chunkOf(random, 1 + chunk * EVENTS));
  for (const batch of batches) writer.append(batch);
  await writer.close(sampleEnding);
  return { path, batches };
}

describe('the page index', () => {
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

  it('does not lead to a chunk that speaks of the page only later', async () => {
    const events = 2048;
    const path = join(folder, 'later.trail');
    const writer = TrailWriter.create(path, meta);
    for (let chunk = 0; chunk < 20; chunk++) {
      const batch = writesBatch(1 + chunk * events, events);
      batch.page.fill(40);
      batch.space.fill(0);
      batch.page.fill(7, 1500, 1600);
      batch.page[1800] = 7;
      batch.kind[1800] = pte.code;
      batch.slots[pte.slot.newLow]![1800] = layout.low(PTE_PRESENT, 7);
      // A range over both, late in every fourth chunk.
      if (chunk % 4 === 0) {
        batch.kind[2000] = report.code;
        batch.page[2000] = 0;
        batch.slots[report.slot.pages]![2000] = 100;
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
      [writes, 5, 1500, 5],
      [writes, 8, 100, 7],
      [writes, 0, 100, -1],
      [entry, 5, 1500, 4],
      [entry, 5, 1800, 5],
      [entry, 16, 1000, 15],
      [anything, 5, 100, 4],
      [anything, 8, 100, 7],
      [anything, 0, 100, -1],
      [told, 8, 100, 4],
      [told, 8, 2010, 8],
    ];
    for (const [topic, chunk, row, found] of asked)
      expect(reader.lastChunkAbout(0, 7, topic, at(chunk, row)), `${chunk}, ${row}`).toBe(found);
    expect(reader.lastChunkAbout(0, 40, writes, at(5, 0))).toBe(5);
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
