/**
 * The address of an access, page * 4096 + offset, as one column. The packer takes the cheapest of three forms: an even
 * stride, streams (see address-streams.ts), or differences to the access before of the same kind in the chunk.
 */
import { PAGE_LIMIT, PAGE_SHIFT, PAGE_SIZE, TrailFormatError } from '../../base/index.js';
import { DifferenceCursor, NEAR_PAGES, putDifference } from './address-differences.js';
import { hasPlaces, packStreams, unpackStreams } from './address-streams.js';
import { bounded, MEANS_ADDRESS, PACK_ADDRESS, PACK_ADDRESS_STREAMS, PACK_ADDRESS_STRIDE } from './columns.js';
import { damaged, putSigned, putUnsigned, type VarintCursor } from './varints.js';

/** Packs the addresses of `count` >= 1 accesses. Offsets lie in [0, 4096), pages are -1 or page numbers. */
export function packAddresses(
  out: Uint8Array,
  at: number,
  pages: Float64Array,
  offsets: Float64Array,
  count: number,
): number {
  const tagAt = at;
  at = putSigned(out, at + 1, pages[0]!);
  at = putUnsigned(out, at, offsets[0]!);
  const stride = evenStride(pages, offsets, count);
  if (stride !== null) {
    out[tagAt] = MEANS_ADDRESS | PACK_ADDRESS_STRIDE;
    return putSigned(out, at, stride);
  }
  if (hasPlaces(pages, offsets, count)) {
    out[tagAt] = MEANS_ADDRESS | PACK_ADDRESS_STREAMS;
    return packStreams(out, at, pages, offsets, count);
  }
  out[tagAt] = MEANS_ADDRESS | PACK_ADDRESS;
  for (let i = 1; i < count; i++) {
    at = putDifference(out, at, pages[i]! - pages[i - 1]!, offsets[i]! - offsets[i - 1]!);
  }
  return at;
}

/** The difference in bytes when it is the same, and small, between all neighbours; null otherwise. */
function evenStride(pages: Float64Array, offsets: Float64Array, count: number): number | null {
  if (count === 1) return 0;
  const stride = (pages[1]! - pages[0]!) * PAGE_SIZE + (offsets[1]! - offsets[0]!);
  if (Math.abs(stride) >= NEAR_PAGES * PAGE_SIZE) return null;
  for (let i = 2; i < count; i++) {
    if ((pages[i]! - pages[i - 1]!) * PAGE_SIZE + (offsets[i]! - offsets[i - 1]!) !== stride) return null;
  }
  return stride;
}

/** Unpacks what `packAddresses` wrote, its tag already read. */
export function unpackAddresses(
  cursor: VarintCursor,
  packing: number,
  pages: Float64Array,
  offsets: Float64Array,
  count: number,
): void {
  pages[0] = bounded(cursor.signed(), -1, PAGE_LIMIT - 1);
  offsets[0] = bounded(cursor.unsigned(), 0, PAGE_SIZE - 1);
  if (packing === PACK_ADDRESS_STRIDE) unpackStride(cursor, pages, offsets, count);
  else if (packing === PACK_ADDRESS_STREAMS) unpackStreams(cursor, pages, offsets, count);
  else if (packing === PACK_ADDRESS) unpackNeighbours(cursor, pages, offsets, count);
  else damaged(`packing ${packing} does not exist for addresses`);
  if (cursor.at !== cursor.end) damaged('an address column is longer or shorter than its values');
}

/** Unpacks the first `rows` addresses from the beginning of a column, at its tag; false where it ends before, or has another form. */
export function unpackFirstAddresses(
  cursor: VarintCursor,
  pages: Float64Array,
  offsets: Float64Array,
  rows: number,
): boolean {
  try {
    if (cursor.byte() !== (MEANS_ADDRESS | PACK_ADDRESS)) return false;
    pages[0] = bounded(cursor.signed(), -1, PAGE_LIMIT - 1);
    offsets[0] = bounded(cursor.unsigned(), 0, PAGE_SIZE - 1);
    unpackNeighbours(cursor, pages, offsets, rows);
    return cursor.at <= cursor.end;
  } catch (error) {
    // An address that the end cuts through; who reads all of it sees whether it is damaged.
    if (error instanceof TrailFormatError) return false;
    throw error;
  }
}

function unpackStride(cursor: VarintCursor, pages: Float64Array, offsets: Float64Array, count: number): void {
  const stride = bounded(cursor.signed(), -NEAR_PAGES * PAGE_SIZE, NEAR_PAGES * PAGE_SIZE);
  let page = pages[0]!;
  let offset = offsets[0]!;
  for (let i = 1; i < count; i++) {
    offset += stride;
    const carry = Math.floor(offset / PAGE_SIZE);
    page += carry;
    offset -= carry * PAGE_SIZE;
    pages[i] = page;
    offsets[i] = offset;
  }
  // The pages run one way, so the last one bounds them all.
  bounded(page, -1, PAGE_LIMIT - 1);
}

function unpackNeighbours(cursor: VarintCursor, pages: Float64Array, offsets: Float64Array, count: number): void {
  const { bytes } = cursor;
  const differences = new DifferenceCursor(cursor);
  let { at } = cursor;
  let page = pages[0]!;
  let offset = offsets[0]!;
  for (let i = 1; i < count; i++) {
    // As `addTo` does it, in place: this is most of the work of reading writes that go anywhere.
    const start = at;
    let byte = bytes[at++]!;
    const negative = byte & 1;
    let magnitude = (byte >> 1) & 63;
    if (byte >= 128) {
      byte = bytes[at++]!;
      magnitude |= (byte & 127) << 6;
      if (byte >= 128) {
        byte = bytes[at++]!;
        magnitude |= (byte & 127) << 13;
        if (byte >= 128) {
          byte = bytes[at++]!;
          magnitude |= (byte & 127) << 20;
        }
      }
    }
    if (byte >= 128) {
      differences.goTo(start).addTo(page, offset);
      ({ page, offset, at } = differences);
    } else {
      // Negated without a branch, because signs come in no order.
      const sum = offset + ((magnitude ^ -negative) + negative);
      offset = sum & (PAGE_SIZE - 1);
      page += sum >> PAGE_SHIFT;
      if (!(page >= -1 && page < PAGE_LIMIT)) bounded(page, -1, PAGE_LIMIT - 1);
    }
    pages[i] = page;
    offsets[i] = offset;
  }
  cursor.at = at;
}
