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
