import { describe, expect, it } from 'vitest';
import { Random } from '../../base/index.js';
import { EventBatch } from '../batch.js';
import { ChunkPacker, ChunkUnpacker, fieldsOf, sealChunkSync } from './index.js';
import { randomBatch } from './samples.js';

const packer = new ChunkPacker(4096);
const unpacker = new ChunkUnpacker();

describe('a selection of columns', () => {
  it('gives what it names as the whole chunk has it, whatever the events', () => {
    const whole = new EventBatch();
    const some = new EventBatch();
    for (let seed = 1; seed <= 120; seed++) {
      const random = new Random(seed);
      const body = sealChunkSync(packer.pack(randomBatch(random, 1 + random.below(900), seed % 2 === 0)));
      unpacker.unpack(body, whole);
      const times = random.below(2) === 0;
      const who = random.below(2) === 0;
      const selection = fieldsOf(
        { write: ['size'], pte: ['newHigh', 'cause'], 'flush-ack': [], mark: ['pages', 'value', 'carrier'] },
        { times, who },
      );
      unpacker.unpack(body, some, selection);
      let at = 0;
      for (let row = 0; row < whole.length; row++) {
        const code = whole.kind[row]!;
        if ((selection.kinds & (1 << code)) === 0) continue;
        const told = `seed ${seed}, row ${row}`;
        for (const name of ['kind', 'cpu', 'space', 'page'] as const)
          expect(some[name][at], told).toBe(whole[name][row]);
        expect(some.row[at], told).toBe(row);
        if (times) expect(some.time[at], told).toBe(whole.time[row]);
        if (who) expect([some.actor[at], some.step[at]], told).toEqual([whole.actor[row], whole.step[row]]);
        for (const [slot, column] of some.slots.entries()) {
          if ((selection.slots[code]! & (1 << slot)) !== 0) expect(column[at], told).toBe(whole.slots[slot]![row]);
        }
        at++;
      }
      expect(some.length).toBe(at);
    }
  });

  it('refuses a field that a kind does not have', () => {
    expect(() => fieldsOf({ write: ['frame'] })).toThrow(/write has no field frame/);
  });
});
