/**
 * Time travel in a recording of a real program: the state at random events, of everything and of a few pages, and what touched a page last,
 * against a fold and a scan as one would write them first.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Random } from '../base/index.js';
import { record } from '../recorder/index.js';
import { History, Replayer } from '../replayer/index.js';
import { NaiveFold } from '../replayer/testing/naive-fold.js';
import { EVENT_BY_CODE, EventBatch, TrailReader } from '../traces/index.js';
import { ROOT } from './sources.js';

const folder = mkdtempSync(join(tmpdir(), 'pagetrail-time-travel-'));
afterAll(() => rmSync(folder, { recursive: true }));

const POINTS = 24;

describe('time travel in a recording of ls', () => {
  it.each([
    ['hw-dirty', 'coarse', 1],
    ['page-mkwrite', 'coarse', 2],
    ['pml', 'fine', 3],
  ] as const)('%s, %s: says what a fold from the beginning says', async (strategy, interleave, seed) => {
    const output = join(folder, `${strategy}.trail`);
    const source = { import: join(ROOT, 'examples/logs/ls.lk.gz') };
    await record({ source, output, strategy, interleave, harvestEvery: 10_000, seed });
    const reader = TrailReader.open(output);
    const random = new Random(seed);
    const points = Array.from({ length: POINTS }, () => 1 + random.below(reader.events)).sort((a, b) => a - b);
    const naive = new NaiveFold(reader.meta);
    const whole = Replayer.open(reader);
    const history = History.open(reader);
    const lastTouch = new Map<string, number>();
    const lastPte = new Map<string, number>();
    const chunk = new EventBatch();
    const one = new EventBatch(1);
    for (let index = 0; index < reader.chunks.length; index++) {
      reader.readChunk(index, chunk);
      for (let row = 0; row < chunk.length; row++) {
        copyRow(chunk, row, one);
        naive.apply(one);
        note(one, lastTouch, lastPte);
        while (points[0] === one.firstSeq) {
          const seq = points.shift()!;
          const expected = naive.snapshot();
          expect(whole.goTo(seq).snapshot(), `at ${seq}`).toEqual(expected);
          const at = random.below(expected.pages.page.length);
          const space = expected.pages.space[at]!;
          const page = expected.pages.page[at]!;
          const part = Replayer.open(reader, { space, from: page, to: page + 1 }).goTo(seq);
          const found = part.pages.find(space, page);
          const told = [
            part.pages.frame[found] === 0,
            part.pages.pteLow[found],
            part.pages.pteHigh[found],
            part.pages.marks[found],
          ];
          expect(told).toEqual([
            false,
            expected.pages.pteLow[at],
            expected.pages.pteHigh[at],
            expected.pages.marks[at],
          ]);
          const frame = expected.frames.frame.indexOf(expected.pages.frame[at]!);
          expect([part.generationOf(found), part.capturedOf(found)]).toEqual([
            expected.frames.generation[frame],
            expected.frames.captured[frame],
          ]);
          const key = `${space} ${page}`;
          expect(history.last({ kind: 'page', space, page }, seq)?.seq, `${key} at ${seq}`).toBe(lastTouch.get(key));
          expect(history.last({ kind: 'pte', space, page }, seq)?.seq, `${key} at ${seq}`).toBe(lastPte.get(key));
        }
      }
    }
    expect(points).toEqual([]);
    reader.close();
  });
});

/** The last event that speaks of each page, by itself or in a range over pages that are known. */
function note(batch: EventBatch, lastTouch: Map<string, number>, lastPte: Map<string, number>): void {
  const { kind, slot } = EVENT_BY_CODE[batch.kind[0]!]!;
  const [space, page] = [batch.space[0]!, batch.page[0]!];
  if (page < 0) return;
  const pagesSlot = (slot as Record<string, number>)['pages'];
  const pages = pagesSlot === undefined ? 1 : batch.slots[pagesSlot]![0]!;
  if (kind === 'pte') lastPte.set(`${space} ${page}`, batch.firstSeq);
  if (pages <= 64) {
    for (let at = page; at < page + pages; at++) lastTouch.set(`${space} ${at}`, batch.firstSeq);
    return;
  }
  for (const key of lastTouch.keys()) {
    const [known, at] = key.split(' ').map(Number);
    if (known === space && at! >= page && at! < page + pages) lastTouch.set(key, batch.firstSeq);
  }
}

/** A row as a batch of one event. */
function copyRow(from: EventBatch, row: number, to: EventBatch): void {
  for (const name of ['kind', 'time', 'cpu', 'actor', 'space', 'step', 'page'] as const) to[name][0] = from[name][row]!;
  from.slots.forEach((column, index) => (to.slots[index]![0] = column[row]!));
  to.firstSeq = from.firstSeq + row;
  to.length = 1;
}
