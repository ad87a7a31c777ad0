/**
 * A second decoder, written from docs/format.md alone: slow, in BigInt, a value at a time. It and the real one must agree
 * on every chunk; so the document says what the bytes are, and the real one decodes them.
 */
import { brotliDecompressSync, crc32 } from 'node:zlib';
import { decode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import { Random } from '../../base/index.js';
import { EVENT_BY_CODE } from '../events/index.js';
import { ChunkPacker, sealChunkSync } from './index.js';
import { randomBatch, rowsOf } from './samples.js';

type Group = [code: number, count: number, pieces: number[], lengths: number[]];
type Envelope = [2, number, number, number, Group[], Array<[codec: number, rawBytes: number, data: Uint8Array]>];

class Bytes {
  #at = 0;
  readonly #bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  byte(): number {
    return this.#bytes[this.#at++]!;
  }

  unsigned(): bigint {
    const byte = this.byte();
    return byte < 128 ? BigInt(byte) : BigInt(byte - 128) + 128n * this.unsigned();
  }

  signed(): bigint {
    const byte = this.byte();
    const low = BigInt((byte >> 1) & 63);
    const magnitude = byte < 128 ? low : low + 64n * this.unsigned();
    return byte & 1 ? -magnitude : magnitude;
  }
}

/** The values of a column after its tag, by packing. */
function unpack(bytes: Bytes, packing: number, count: number): bigint[] {
  const values: bigint[] = [];
  const first = packing === 1 || packing === 2 ? 0n : bytes.signed();
  const step = packing === 3 ? bytes.signed() : 0n;
  for (let i = 0; i < count; i++) {
    const previous = values[i - 1];
    if (packing === 1) values.push(bytes.unsigned());
    else if (packing === 2) values.push(bytes.signed());
    else if (previous === undefined) values.push(first);
    else if (packing === 4) values.push(previous + bytes.unsigned());
    else if (packing === 5) values.push(previous + bytes.signed());
    else values.push(previous + step);
  }
  return values;
}

function addresses(bytes: Bytes, packing: number, count: number): bigint[] {
  const values = [bytes.signed() * 4096n + bytes.unsigned()];
  if (packing === 8) return streams(bytes, values[0]!, count);
  const stride = packing === 7 ? bytes.signed() : null;
  while (values.length < count) values.push(values.at(-1)! + (stride ?? bytes.signed()));
  return values;
}

function streams(bytes: Bytes, first: bigint, count: number): bigint[] {
  const recent = Array.from({ length: 16 }, () => first);
  let elsewhere = first;
  const values = [first];
  for (const place of Array.from({ length: count - 1 }, () => bytes.byte())) {
    const address = (place === 16 ? elsewhere : recent[place]!) + bytes.signed();
    if (place === 16) elsewhere = address;
    recent.splice(Math.min(place, 15), 1);
    recent.unshift(address);
    values.push(address);
  }
  return values;
}

/** seq, code, time, cpu, actor, space, step, page and fields of every event. */
function documented(body: Uint8Array): number[][] {
  const packed = body.subarray(4);
  if (new DataView(body.buffer, body.byteOffset).getUint32(0, true) !== crc32(packed)) throw new Error('CRC');
  const [version, firstSeq, events, timeFirst, groups, blocks] = decode(packed) as Envelope;
  if (version !== 2) throw new Error('version');
  const expanded = blocks.map(([codec, , data]) => (codec === 2 ? new Uint8Array(brotliDecompressSync(data)) : data));
  const columnsOf = ([, , pieces, lengths]: Group) => {
    const columns: Bytes[] = [];
    for (let piece = 0; piece < pieces.length; piece += 3) {
      const [count, block] = pieces.slice(piece) as [number, number];
      let at = pieces[piece + 2]!;
      for (const length of lengths.slice(columns.length, columns.length + count)) {
        columns.push(new Bytes(expanded[block]!.subarray(at, (at += length))));
      }
    }
    return columns;
  };

  const stream = groups.find(([code]) => code === 0)!;
  const [runs] = columnsOf(stream).map((bytes) => unpack(bytes, bytes.byte() & 15, stream[1]));
  const kindOf = runs!.flatMap((run) => Array.from({ length: Number(run >> 5n) + 1 }, () => Number(run & 31n)));
  if (kindOf.length !== events) throw new Error('runs');

  const rows = kindOf.map((code, i): bigint[] => [BigInt(firstSeq + i), BigInt(code)]);
  const waits: Array<bigint | undefined> = [];
  for (const group of groups.filter(([code]) => code !== 0)) {
    const [code, count] = group;
    const mine = rows.filter((row) => row[1] === BigInt(code));
    const columns = columnsOf(group);
    const tags = columns.map((bytes) => bytes.byte());
    const values = columns.map((bytes, i) => (tags[i]! >> 4 === 0 ? unpack(bytes, tags[i]! & 15, count) : []));
    const names = Object.keys(EVENT_BY_CODE[code]!.fields);
    for (const [i, tag] of tags.entries()) {
      if (tag >> 4 !== 5) continue;
      const changes = unpack(columns[i]!, tag & 15, count);
      values[i] = changes.map((change, row) => values[6 + names.indexOf('oldLow')]![row]! + change);
    }
    if (tags[5]! >> 4 === 3) {
      const both = addresses(columns[5]!, tags[5]! & 15, count);
      values[5] = both.map((address) => address >> 12n);
      values[6 + names.indexOf('offset')] = both.map((address) => address & 4095n);
    }
    if (tags[0]! >> 4 === 2) {
      const base = columns[0]!.signed();
      const lags = new Map<bigint, bigint>();
      const changes = unpack(columns[0]!, columns[0]!.byte() & 15, count);
      values[0] = changes.map((change, i) => {
        const cpu = values[1]![i]!;
        lags.set(cpu, (lags.get(cpu) ?? base) + change);
        return values[6 + names.indexOf('program')]![i]! + lags.get(cpu)!;
      });
    } else {
      const since = unpack(columns[0]!, tags[0]! & 15, count);
      for (const [i, row] of mine.entries()) waits[rows.indexOf(row)] = since[i];
    }
    for (const [i, row] of mine.entries()) row.push(...values.map((column) => column[i] ?? 0n));
  }
  for (const [i, row] of rows.entries()) {
    if (waits[i] !== undefined) row[2] = (rows[i - 1]?.[2] ?? BigInt(timeFirst)) + waits[i];
  }
  return rows.map((row) => row.map(Number));
}

describe('docs/format.md', () => {
  it('says what the bytes of a chunk are', () => {
    for (let seed = 1; seed <= 150; seed++) {
      const random = new Random(seed);
      const batch = randomBatch(random, 1 + random.below(200), seed % 3 !== 0);
      expect(documented(sealChunkSync(new ChunkPacker(256).pack(batch))), `seed ${seed}`).toEqual(rowsOf(batch));
    }
  });
});
