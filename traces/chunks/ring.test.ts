import { describe, expect, it } from 'vitest';
import type { EventBatch } from '../batch.js';
import { Bell } from './bell.js';
import { Filler, type ReadChunk, type RingMemory, ringMemory, Taker } from './ring.js';

const takerOf = (memory: RingMemory) => new Taker(memory, new Bell());

/** Reads what there is room for. */
function fill(memory: RingMemory, chunks: number, read: ReadChunk): void {
  const filler = new Filler(memory, chunks, read);
  while (!filler.isOver && filler.lead < Infinity) filler.fillNext();
}

/** Fills a batch with one event that tells the chunk, and remembers which it was asked for. */
function reading(unreadable = -1) {
  const asked: number[] = [];
  const read = (chunk: number, batch: EventBatch) => {
    asked.push(chunk);
    batch.firstSeq = 100 + chunk;
    batch.length = 1;
    batch.page[0] = chunk;
    return chunk !== unreadable;
  };
  return { asked, read };
}

/** What the taker is given for each chunk: its page; `self` where it must read it itself. */
function taken(taker: Taker, from: number, to: number): Array<number | 'self'> {
  return Array.from({ length: to - from }, (_, i) => {
    const batch = taker.take(from + i);
    expect(batch?.firstSeq ?? 100 + from + i).toBe(100 + from + i);
    expect(batch?.length ?? 1).toBe(1);
    return batch === null ? 'self' : batch.page[0]!;
  });
}

describe('a ring', () => {
  it('hands over what the other side has read', () => {
    const memory = ringMemory(8, 4);
    const { asked, read } = reading();
    fill(memory, 7, read);
    expect(asked).toEqual([4, 5, 6]);
    expect(taken(takerOf(memory), 4, 7)).toEqual([4, 5, 6]);
  });

  it('lets the taker read what the other side has not come to, and the other side go on behind that', () => {
    const memory = ringMemory(8, 0);
    const taker = takerOf(memory);
    const { asked, read } = reading();
    expect(taken(taker, 0, 2)).toEqual(['self', 'self']);
    fill(memory, 4, read);
    expect(asked).toEqual([2, 3]);
    expect(taken(taker, 2, 4)).toEqual([2, 3]);
  });

  it('leaves to the taker what the other side could not read', () => {
    const memory = ringMemory(8, 0);
    fill(memory, 3, reading(1).read);
    expect(taken(takerOf(memory), 0, 3)).toEqual([0, 'self', 2]);
  });

  it('waits for nobody who has come to grief, and goes on with whoever comes late', () => {
    const memory = ringMemory(8, 0);
    const taker = takerOf(memory);
    const { read } = reading();
    const breaksDown = () => {
      throw new Error('out of memory');
    };
    expect(() => fill(memory, 9, breaksDown)).toThrow('out of memory');
    expect(taken(taker, 0, 2)).toEqual(['self', 'self']);
    const late = (chunk: number, batch: EventBatch) => {
      // While it is read, whoever takes goes on.
      if (chunk === 2) expect(taken(taker, 2, 4)).toEqual(['self', 'self']);
      return read(chunk, batch);
    };
    fill(memory, 6, late);
    expect(taken(taker, 4, 6)).toEqual([4, 5]);
  });

  it('uses its batches again, for chunks as far ahead as there are batches', () => {
    const memory = ringMemory(8, 0);
    const taker = takerOf(memory);
    const { asked, read } = reading();
    const seen: Array<number | 'self'> = [];
    for (let chunk = 0; chunk < 12; chunk++) {
      // That far it need not wait; the chunk before is still in use.
      fill(memory, Math.min(12, Math.max(0, chunk - 1) + memory.batches.length), read);
      seen.push(...taken(taker, chunk, chunk + 1));
    }
    expect(seen).toEqual(asked);
    expect(seen).toHaveLength(12);
  });

  it('says how near its taker is to having to wait, and rings when there is room again', () => {
    const memory = ringMemory(8, 0);
    const bell = new Bell();
    const taker = new Taker(memory, bell);
    const filler = new Filler(memory, 9, reading().read);
    const leads = Array.from(memory.batches, () => {
      const { lead } = filler;
      filler.fillNext();
      return lead;
    });
    expect(leads).toEqual([0, 1, 2]);
    expect(filler.lead).toBe(Infinity);
    const { rings } = bell;
    taken(taker, 0, 2);
    expect(bell.rings).toBeGreaterThan(rings);
    expect(filler.lead).toBe(2);
  });

  it('is read no further when nobody takes any more, and gives nothing', () => {
    const memory = ringMemory(8, 0);
    const taker = takerOf(memory);
    const { asked, read } = reading();
    fill(memory, 2, read);
    taker.end();
    fill(memory, 9, read);
    expect(asked).toEqual([0, 1]);
    expect(taken(taker, 0, 3)).toEqual(['self', 'self', 'self']);
  });
});
