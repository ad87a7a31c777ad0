import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { PAGE_LIMIT, Random, TrailFormatError, TrailVersionError } from '../../base/index.js';
import { CHUNK_EVENTS, EventBatch } from '../batch.js';
import { EVENT_KINDS } from '../events/index.js';
import { ALL_KINDS, ChunkPacker, ChunkUnpacker, kindMask, sealChunk, sealChunkSync } from './index.js';

const packer = new ChunkPacker(4096);
const unpacker = new ChunkUnpacker();
const into = new EventBatch();
const LARGEST = Number.MAX_SAFE_INTEGER;

/** Numbers as they occur, and the extremes. */
function anyInteger(random: Random, most: number): number {
  switch (random.below(6)) {
    case 0:
      return 0;
    case 1:
      return most;
    case 2:
      return Math.min(most, random.below(100));
    case 3:
      return Math.min(most, random.uint32());
    default:
      return Math.min(most, Math.floor(random.unit() * 2 ** random.below(53)));
  }
}

/** A batch of random kinds; each column is constant, evenly spaced, small or wild, so that every packing occurs. */
function randomBatch(random: Random, length: number, sane: boolean): EventBatch {
  const batch = new EventBatch(Math.max(1, length));
  batch.length = length;
  batch.firstSeq = 1 + anyInteger(random, 2 ** 40);
  const kinds = EVENT_KINDS.filter(() => random.below(3) === 0);
  if (kinds.length === 0) kinds.push(EVENT_KINDS[random.below(EVENT_KINDS.length)]!);
  const column = (most: number) => {
    const style = random.below(4);
    const start = anyInteger(random, most);
    const step = style === 1 ? random.below(5) - 2 : 0;
    return (i: number) => {
      if (style === 0) return start;
      if (style === 1) return Math.min(most, Math.max(0, start + step * i));
      return style === 2 ? Math.min(most, random.below(300)) : anyInteger(random, most);
    };
  };
  const time = column(2 ** 30);
  const common = [column(0x7fff), column(0xffff), column(0xffff), column(0xffff)];
  const page = column(PAGE_LIMIT - 1);
  const fields = Array.from({ length: 6 }, () => column(LARGEST));
  const offset = column(sane ? 4095 : 5000);
  let now = 0;
  for (let i = 0; i < length; i++) {
    const definition = kinds[random.below(kinds.length)]!;
    batch.kind[i] = definition.code;
    now = sane ? Math.min(LARGEST, now + time(i)) : anyInteger(random, LARGEST);
    batch.time[i] = now;
    batch.cpu[i] = common[0]!(i) - 1;
    batch.actor[i] = common[1]!(i);
    batch.space[i] = common[2]!(i);
    batch.step[i] = common[3]!(i);
    batch.page[i] = definition.hasPage ? page(i) : -1;
    if (!sane && random.below(9) === 0) batch.page[i] = -1;
    for (const [slot, field] of Object.values(definition.fields).entries()) {
      const value = field.coding === 'program-time' && sane ? Math.max(0, now - (i % 3)) : fields[slot]!(i);
      batch.slots[slot]![i] = value;
    }
    if ('offset' in definition.slot) batch.slots[definition.slot.offset]![i] = offset(i);
  }
  return batch;
}

/** Every event as a list of numbers; the naive picture that two batches are compared by. */
function rowsOf(batch: EventBatch, kinds: number = ALL_KINDS): number[][] {
  const rows: number[][] = [];
  for (let i = 0; i < batch.length; i++) {
    const code = batch.kind[i]!;
    if ((kinds & (1 << code)) === 0) continue;
    const definition = EVENT_KINDS.find((candidate) => candidate.code === code)!;
    const fields = Object.keys(definition.fields).map((_, slot) => batch.slots[slot]![i]!);
    const common = [batch.time, batch.cpu, batch.actor, batch.space, batch.step, batch.page].map(
      (column) => column[i]!,
    );
    rows.push([batch.firstSeq + batch.row[i]!, code, ...common, ...fields]);
  }
  return rows;
}

describe('a chunk', () => {
  it('comes back as it was, whatever the events', async () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = new Random(seed);
      const batch = randomBatch(random, 1 + random.below(seed % 10 === 0 ? 4000 : 60), seed % 2 === 0);
      const packed = packer.pack(batch);
      const body = sealChunkSync(packed);
      unpacker.unpack(body, into);
      expect(rowsOf(into), `seed ${seed}`).toEqual(rowsOf(batch));
      const kinds = random.uint32();
      unpacker.unpack(body, into, kinds);
      expect(rowsOf(into), `seed ${seed}, kinds ${kinds}`).toEqual(rowsOf(batch, kinds));
      expect(await sealChunk(packed)).toEqual(body);
    }
  });

  it('tells what it holds', () => {
    const batch = randomBatch(new Random(5), 500, true);
    const { stats } = packer.pack(batch);
    const pages = Array.from(batch.page.subarray(0, 500)).filter((page) => page >= 0);
    expect(stats).toMatchObject({
      firstSeq: batch.firstSeq,
      events: 500,
      timeFirst: batch.time[0],
      timeLast: batch.time[499],
    });
    expect(stats.pageMin).toBe(pages.length === 0 ? -1 : Math.min(...pages));
    expect(stats.pageMax).toBeGreaterThanOrEqual(Math.max(-1, ...pages));
    for (const { code } of EVENT_KINDS) {
      const count = batch.kind.subarray(0, 500).filter((kind) => kind === code).length;
      expect(stats.counts[code]).toBe(count);
      expect((stats.kinds & (1 << code)) !== 0).toBe(count > 0);
    }
  });

  it('of 65,536 equal writes takes next to nothing', () => {
    const batch = new EventBatch();
    batch.length = CHUNK_EVENTS;
    batch.kind.fill(1);
    batch.page.fill(0x7f00_0000_1);
    batch.slots[1]!.fill(8);
    for (let i = 0; i < CHUNK_EVENTS; i++) batch.time[i] = batch.slots[2]![i] = 1000 + i;
    const body = sealChunkSync(new ChunkPacker().pack(batch));
    expect(body.length).toBeLessThan(128);
    unpacker.unpack(body, into);
    expect(rowsOf(into)).toEqual(rowsOf(batch));
  });
});

describe('damaged bytes', () => {
  const batch = randomBatch(new Random(77), 300, true);
  const body = sealChunkSync(packer.pack(batch));

  const unpackOutcome = (bytes: Uint8Array): unknown => {
    try {
      unpacker.unpack(bytes, into);
      return 'fine';
    } catch (error) {
      return error;
    }
  };

  it('cut anywhere are refused by name', () => {
    for (let length = 0; length < body.length; length++) {
      expect(unpackOutcome(body.slice(0, length)), `cut to ${length}`).toBeInstanceOf(TrailFormatError);
    }
  });

  it('with any one byte changed are refused by name', () => {
    for (let at = 0; at < body.length; at++) {
      const bytes = body.slice();
      bytes[at]! ^= 1 << (at % 8);
      expect(unpackOutcome(bytes), `byte ${at}`).toBeInstanceOf(TrailFormatError);
    }
  });

  it('under a right checksum still let out nothing but named errors', () => {
    const random = new Random(9);
    let refused = 0;
    for (let round = 0; round < 4000; round++) {
      // Uncompressed blocks put the flips into the columns themselves, half of the time.
      const packed = packer.pack(randomBatch(new Random(round % 40), 8, round % 3 !== 0));
      const bytes = round % 2 === 0 ? sealChunkSync(packed) : body.slice();
      for (let flips = 1 + random.below(3); flips > 0; flips--)
        bytes[4 + random.below(bytes.length - 4)] = random.below(256);
      new DataView(bytes.buffer).setUint32(0, crc32(bytes.subarray(4)), true);
      const outcome = unpackOutcome(bytes);
      if (outcome === 'fine') continue;
      refused++;
      expect(
        outcome instanceof TrailFormatError || outcome instanceof TrailVersionError,
        `round ${round}: ${String(outcome)}`,
      ).toBe(true);
    }
    expect(refused).toBeGreaterThan(1000);
    unpacker.unpack(body, into);
    expect(rowsOf(into)).toEqual(rowsOf(batch));
  });
});

describe('a mask of kinds', () => {
  it('is made of words', () => {
    expect(kindMask('write', 'read')).toBe(0b110);
    expect(kindMask()).toBe(0);
  });
});
