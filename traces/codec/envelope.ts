/**
 * The outermost layer of everything stored as a blob: four bytes of CRC-32 (little-endian) over the rest, and the rest is
 * one MessagePack array of small integers, short arrays and byte strings. Limits keep a hostile blob from costing more
 * than its own length.
 */
import { crc32 } from 'node:zlib';
import { decode, encode } from '@msgpack/msgpack';
import { damaged } from './varints.js';

const CRC_BYTES = 4;

/** Longest array in an envelope: groups, blocks or columns, all below this. */
const MOST_ITEMS = 64;

/** Most items of all arrays of an envelope together; a chunk of every kind has some 800. */
const MOST_VALUES = 8192;

/** Wraps a value made of integers, byte arrays and arrays. */
export function seal(value: unknown): Uint8Array {
  const packed = encode(value, { initialBufferSize: 16 * 1024 });
  const sealed = new Uint8Array(CRC_BYTES + packed.length);
  sealed.set(packed, CRC_BYTES);
  new DataView(sealed.buffer).setUint32(0, crc32(packed), true);
  return sealed;
}

/** Unwraps what `seal` made; a `TrailFormatError` when the checksum or the MessagePack is wrong. */
export function unseal(sealed: Uint8Array, mostItems: number = MOST_ITEMS): Field {
  if (sealed.length <= CRC_BYTES) damaged(`it has ${sealed.length} bytes, too few to be anything`);
  const stored = new DataView(sealed.buffer, sealed.byteOffset, CRC_BYTES).getUint32(0, true);
  const packed = sealed.subarray(CRC_BYTES);
  if (crc32(packed) !== stored) damaged('its checksum is wrong');
  checkForm(packed);
  try {
    return new Field(
      decode(packed, {
        maxStrLength: 0,
        maxExtLength: 0,
        maxMapLength: 0,
        maxArrayLength: mostItems,
        maxBinLength: sealed.length,
        keyDecoder: null,
      }),
    );
  } catch {
    return damaged('its envelope is no MessagePack of the known form');
  }
}

/**
 * Refuses what is neither integer, bytes nor array, and more items than an envelope has: the decoder makes room for the items
 * that an array promises, and arrays that promise 64 and nest without end would cost 170 times their own length.
 */
function checkForm(packed: Uint8Array): void {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.length);
  let values = 1;
  for (let at = 0; at < packed.length && values <= MOST_VALUES; ) {
    const tag = packed[at++]!;
    if (tag < 0x80 || tag >= 0xe0) continue; // a small integer
    const lengthBytes = LENGTH_BYTES[tag] ?? 0;
    if (at + lengthBytes > packed.length) break; // cut off; the decoder says so
    if (tag >= 0x90 && tag <= 0x9f) values += tag & 0x0f;
    else if (tag === 0xdc) values += view.getUint16(at);
    else if (tag === 0xdd) values += view.getUint32(at);
    else if (tag === 0xc4) at += packed[at]!;
    else if (tag === 0xc5) at += view.getUint16(at);
    else if (tag === 0xc6) at += view.getUint32(at);
    else if (lengthBytes === 0) damaged('its envelope holds more than integers, bytes and arrays');
    at += lengthBytes;
  }
  if (values > MOST_VALUES) damaged(`its envelope promises more than ${MOST_VALUES} values`);
}

/** MessagePack tags by the bytes of the integer behind them: the value itself, or the length of bytes and arrays. */
const LENGTH_BYTES: Readonly<Record<number, number>> = {
  0xc4: 1,
  0xc5: 2,
  0xc6: 4, // bytes
  0xcc: 1,
  0xcd: 2,
  0xce: 4,
  0xcf: 8, // unsigned integers
  0xd0: 1,
  0xd1: 2,
  0xd2: 4,
  0xd3: 8, // signed integers
  0xdc: 2,
  0xdd: 4, // arrays
};

/** A value out of an envelope, believed only after it was asked for what it should be. */
export class Field {
  readonly #value: unknown;

  constructor(value: unknown) {
    this.#value = value;
  }

  integer(least: number, most: number): number {
    const value = this.#value;
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least || value > most) {
      return damaged('its envelope holds a number that cannot be');
    }
    return value;
  }

  bytes(): Uint8Array {
    return this.#value instanceof Uint8Array ? this.#value : damaged('its envelope lacks bytes where they should be');
  }

  /** The items of an array, at least `least` of them (a later version may append some). */
  items(least: number): Field[] {
    const value = this.#value;
    if (!Array.isArray(value) || value.length < least) return damaged('its envelope lacks a part');
    return value.map((item) => new Field(item));
  }
}
