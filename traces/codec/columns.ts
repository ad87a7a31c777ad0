/**
 * One column of integers as bytes: a tag, then what the tag says. The packer looks at the values and takes the cheapest
 * form that says them exactly; a constant or an evenly spaced column costs a few bytes however many rows it has.
 */
import { InvariantError } from '../../base/index.js';
import { damaged, putSigned, putUnsigned, VarintCursor } from './varints.js';

/** How the values are packed: the low four bits of a column's tag. On disk. */
export const PACK_CONSTANT = 0; // signed value
export const PACK_PLAIN = 1; // n unsigned
export const PACK_SIGNED = 2; // n signed
export const PACK_STRIDE = 3; // signed first value, signed step
export const PACK_ASCENDING = 4; // signed first value, n-1 unsigned differences
export const PACK_DELTA = 5; // signed first value, n-1 signed differences
export const PACK_ADDRESS = 6; // see addresses.ts
export const PACK_ADDRESS_STRIDE = 7; // see addresses.ts
export const PACK_ADDRESS_STREAMS = 8; // see address-streams.ts

/** What the values mean: the high four bits of a column's tag. On disk. */
export const MEANS_VALUE = 0x00;
export const MEANS_SINCE_PREVIOUS = 0x10; // time: ns since the event before, of any kind
export const MEANS_LAG_CHANGE = 0x20; // time: see times.ts
export const MEANS_ADDRESS = 0x30; // page and offset in one
export const MEANS_JOINED = 0x40; // said by the address column; nothing follows
export const MEANS_CHANGE = 0x50; // difference to the field that the definition names

/**
 * Packs `values[0..count)`, integers in [-2^53, 2^53], and returns the position behind. `count` is at least 1.
 * @param alike whether neighbours resemble each other, so that differences are the smaller numbers
 */
export function packColumn(
  out: Uint8Array,
  at: number,
  values: Float64Array,
  count: number,
  alike: boolean,
  means: number = MEANS_VALUE,
): number {
  const first = values[0]!;
  const step = count > 1 ? values[1]! - first : 0;
  let i = 1;
  // A step of 2^53 and more may be a rounded difference.
  if (Math.abs(step) < 2 ** 53) while (i < count && values[i]! - values[i - 1]! === step) i++;
  if (i === count) {
    checkInteger(first);
    checkInteger(values[count - 1]!);
    out[at] = means | (step === 0 ? PACK_CONSTANT : PACK_STRIDE);
    at = putSigned(out, at + 1, first);
    return step === 0 ? at : putSigned(out, at, step);
  }
  if (alike) {
    const ascending = packAscending(out, at, values, count, means);
    return ascending !== 0 ? ascending : packDelta(out, at, values, count, means);
  }
  const plain = packPlain(out, at, values, count, means);
  return plain !== 0 ? plain : packSigned(out, at, values, count, means);
}

/** The constant column: the same value in every row. */
export function packConstant(out: Uint8Array, at: number, value: number): number {
  out[at] = MEANS_VALUE | PACK_CONSTANT;
  return putSigned(out, at + 1, value);
}

/** 0 when a value is negative: not for this packing. */
function packPlain(out: Uint8Array, at: number, values: Float64Array, count: number, means: number): number {
  out[at++] = means | PACK_PLAIN;
  for (let i = 0; i < count; i++) {
    const value = values[i]!;
    let small = value | 0;
    if (small === value && small >= 0) {
      while (small >= 128) {
        out[at++] = (small & 127) | 128;
        small >>>= 7;
      }
      out[at++] = small;
    } else {
      checkInteger(value);
      if (value < 0) return 0;
      at = putUnsigned(out, at, value);
    }
  }
  return at;
}

function packSigned(out: Uint8Array, at: number, values: Float64Array, count: number, means: number): number {
  out[at++] = means | PACK_SIGNED;
  for (let i = 0; i < count; i++) {
    checkInteger(values[i]!);
    at = putSigned(out, at, values[i]!);
  }
  return at;
}

/** 0 when a value is less than the one before: not for this packing. */
function packAscending(out: Uint8Array, at: number, values: Float64Array, count: number, means: number): number {
  let previous = values[0]!;
  checkInteger(previous);
  out[at] = means | PACK_ASCENDING;
  at = putSigned(out, at + 1, previous);
  for (let i = 1; i < count; i++) {
    const value = values[i]!;
    const difference = value - previous;
    previous = value;
    let small = difference | 0;
    if (small === difference && small >= 0) {
      while (small >= 128) {
        out[at++] = (small & 127) | 128;
        small >>>= 7;
      }
      out[at++] = small;
    } else {
      checkInteger(value);
      if (difference < 0) return 0;
      at = putUnsigned(out, at, difference);
    }
  }
  return at;
}

function packDelta(out: Uint8Array, at: number, values: Float64Array, count: number, means: number): number {
  let previous = values[0]!;
  out[at] = means | PACK_DELTA;
  at = putSigned(out, at + 1, previous);
  for (let i = 1; i < count; i++) {
    const value = values[i]!;
    checkInteger(value);
    at = putSigned(out, at, value - previous);
    previous = value;
  }
  return at;
}

function checkInteger(value: number): void {
  if (!(Math.abs(value) <= 2 ** 53) || value !== Math.floor(value)) {
    throw new InvariantError({ what: `an event holds ${value}, which is no integer of at most 2^53` });
  }
}

/**
 * Unpacks a column whose tag has been read into `into[0..count)`.
 * Every value lies in [least, most], or the column is damaged.
 */
export function unpackColumn(
  cursor: VarintCursor,
  packing: number,
  into: Float64Array,
  count: number,
  least: number,
  most: number,
): void {
  if (packing === PACK_CONSTANT) into.fill(bounded(cursor.signed(), least, most), 0, count);
  else if (packing === PACK_STRIDE) unpackStride(cursor, into, count, least, most);
  else if (packing === PACK_PLAIN) unpackPlain(cursor, into, count, least, most);
  else if (packing === PACK_ASCENDING) unpackAscending(cursor, into, count, least, most);
  else if (packing === PACK_SIGNED) unpackSigned(cursor, into, count, least, most, false);
  else if (packing === PACK_DELTA) unpackSigned(cursor, into, count, least, most, true);
  else damaged(`packing ${packing} does not exist`);
  if (cursor.at !== cursor.end) damaged('a column is longer or shorter than its values');
}

export function bounded(value: number, least: number, most: number): number {
  return value >= least && value <= most ? value : damaged(`a column holds ${value}, outside ${least} to ${most}`);
}

function unpackStride(cursor: VarintCursor, into: Float64Array, count: number, least: number, most: number): void {
  let value = bounded(cursor.signed(), least, most);
  const step = cursor.signed();
  // The values run one way, so the last one bounds them all.
  bounded(value + step * (count - 1), least, most);
  for (let i = 0; i < count; i++) {
    into[i] = value;
    value += step;
  }
}

// In the loops below a read behind the last byte gives undefined, which ends the number as 0; the caller then sees the
// position and refuses the column. A check per byte would cost a third of the speed.

function unpackPlain(cursor: VarintCursor, into: Float64Array, count: number, least: number, most: number): void {
  const bytes = cursor.bytes;
  let at = cursor.at;
  for (let i = 0; i < count; i++) {
    let byte = bytes[at++]!;
    let value = byte & 127;
    let scale = 128;
    while (byte >= 128) {
      byte = bytes[at++]!;
      value += (byte & 127) * scale;
      scale *= 128;
    }
    if (!(value >= least && value <= most)) bounded(value, least, most);
    into[i] = value;
  }
  cursor.at = at;
}

function unpackAscending(cursor: VarintCursor, into: Float64Array, count: number, least: number, most: number): void {
  const bytes = cursor.bytes;
  let value = bounded(cursor.signed(), least, most);
  let at = cursor.at;
  into[0] = value;
  for (let i = 1; i < count; i++) {
    let byte = bytes[at++]!;
    value += byte & 127;
    let scale = 128;
    while (byte >= 128) {
      byte = bytes[at++]!;
      value += (byte & 127) * scale;
      scale *= 128;
    }
    if (!(value <= most)) bounded(value, least, most);
    into[i] = value;
  }
  cursor.at = at;
}

function unpackSigned(
  cursor: VarintCursor,
  into: Float64Array,
  count: number,
  least: number,
  most: number,
  differences: boolean,
): void {
  const bytes = cursor.bytes;
  let previous = 0;
  let from = 0;
  if (differences) {
    previous = bounded(cursor.signed(), least, most);
    into[0] = previous;
    from = 1;
  }
  let at = cursor.at;
  for (let i = from; i < count; i++) {
    let byte = bytes[at++]!;
    const negative = byte & 1;
    let value = (byte >> 1) & 63;
    let scale = 64;
    while (byte >= 128) {
      byte = bytes[at++]!;
      value += (byte & 127) * scale;
      scale *= 128;
    }
    value = previous + (negative ? -value : value);
    if (!(value >= least && value <= most)) bounded(value, least, most);
    into[i] = value;
    if (differences) previous = value;
  }
  cursor.at = at;
}
