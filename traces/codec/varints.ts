/**
 * Integers of any size up to 2^53, seven bits a byte, low bits first; bit 7 says that another byte follows. A signed one
 * has its sign in bit 0 of the first byte and six bits of its magnitude above it, so magnitudes up to 2^53 stay exact in
 * doubles (a zigzag number would need 54 bits). Beyond 2^31 the arithmetic is division, because `>>` knows 32 bits only.
 */
import { TrailFormatError } from '../../base/index.js';

/** Most bytes one varint of at most 2^53 takes; an address delta (up to 2^64) takes ten. */
export const VARINT_BYTES = 10;

/** Writes an integer in [0, 2^53]; returns the position behind it. */
export function putUnsigned(bytes: Uint8Array, at: number, value: number): number {
  let rest = value;
  while (rest >= 0x8000_0000) {
    bytes[at++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  let low = rest | 0;
  while (low >= 128) {
    bytes[at++] = (low & 127) | 128;
    low >>>= 7;
  }
  bytes[at++] = low;
  return at;
}

/** Writes an integer in [-2^53, 2^53]; returns the position behind it. */
export function putSigned(bytes: Uint8Array, at: number, value: number): number {
  const negative = value < 0 ? 1 : 0;
  const magnitude = negative ? -value : value;
  if (magnitude < 64) {
    bytes[at] = (magnitude << 1) | negative;
    return at + 1;
  }
  bytes[at] = ((magnitude % 64) << 1) | negative | 128;
  return putUnsigned(bytes, at + 1, Math.floor(magnitude / 64));
}

/** A place in bytes that came from a file: every read is bounded by `end` and by 2^53. */
export class VarintCursor {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  byte(): number {
    if (this.at >= this.end) damaged('a column ends too early');
    return this.bytes[this.at++]!;
  }

  unsigned(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < VARINT_BYTES; i++) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value <= 2 ** 53 ? value : damaged('a number is larger than 2^53');
      scale *= 128;
    }
    return damaged('a number is longer than ten bytes');
  }

  signed(): number {
    const first = this.byte();
    let magnitude = (first >> 1) & 63;
    if (first >= 128) {
      magnitude += this.unsigned() * 64;
      if (magnitude > 2 ** 53) damaged('a number is larger than 2^53');
    }
    return first & 1 ? -magnitude : magnitude;
  }
}

/** Stops decoding: the bytes are not what the format promises. The reader of the file adds which chunk of which file. */
export function damaged(what: string): never {
  throw new TrailFormatError({ what });
}
