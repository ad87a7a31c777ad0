import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Random, TrailFormatError, TrailVersionError } from '../../base/index.js';
import { CHUNK_EVENTS, EventBatch } from '../batch.js';
import { EVENT_KINDS } from '../events/index.js';
import { ChunkPacker, ChunkUnpacker, kindMask, type PackedChunk, sealChunk, sealChunkSync } from './index.js';
import { randomBatch, rowsOf } from './samples.js';

const packer = new ChunkPacker(4096);
const unpacker = new ChunkUnpacker();
const into = new EventBatch();
/** The tags of all its columns. */
function tagsOf({ head, blocks }: PackedChunk): number[] {
  const groups = head[4] as Array<[code: number, count: number, pieces: number[], lengths: number[]]>;
  return groups.flatMap(([, , pieces, lengths]) => {
    const tags: number[] = [];
    for (let piece = 0; piece < pieces.length; piece += 3) {
      let at = pieces[piece + 2]!;
      for (const length of lengths.slice(tags.length, tags.length + pieces[piece]!)) {
        tags.push(blocks[pieces[piece + 1]!]![at]!);
        at += length;
      }
    }
    return tags;
  });
}

describe('a chunk', () => {
  it('comes back as it was, whatever the events', async () => {
    const tags = new Set<number>();
    for (let seed = 1; seed <= 300; seed++) {
      const random = new Random(seed);
      const batch = randomBatch(random, 1 + random.below(seed % 10 === 0 ? 4000 : 60), seed % 2 === 0);
      const packed = packer.pack(batch);
      for (const tag of tagsOf(packed)) tags.add(tag);
      const body = sealChunkSync(packed);
      unpacker.unpack(body, into);
      expect(rowsOf(into), `seed ${seed}`).toEqual(rowsOf(batch));
      const kinds = random.uint32();
      unpacker.unpack(body, into, kinds);
      expect(rowsOf(into), `seed ${seed}, kinds ${kinds}`).toEqual(rowsOf(batch, kinds));
      expect(await sealChunk(packed)).toEqual(body);
    }
    // Values in all their packings, times in both meanings, addresses in all forms.
    expect([...tags].sort((a, b) => a - b)).toEqual([
      0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x10, 0x11, 0x12, 0x13, 0x20, 0x36, 0x37, 0x38, 0x40, 0x50, 0x51, 0x52, 0x53,
    ]);
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

  it('that promise far more than they hold are refused before room is made for it', () => {
    const nested = new Uint8Array(4 + 3 * 100_000);
    for (let at = 4; at < nested.length; at += 3) nested.set([0xdc, 0, 64], at);
    new DataView(nested.buffer).setUint32(0, crc32(nested.subarray(4)), true);
    expect(unpackOutcome(nested)).toMatchObject({ what: 'its envelope promises more than 8192 values' });
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
