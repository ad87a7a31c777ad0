/**
 * The address of an access as one column: page * 4096 + offset, as a signed varint difference to the access before of the
 * same kind in the chunk. A difference may have 65 bits (from user to kernel space), so the rare large ones are split in
 * pages and bytes; both ways write the same bytes. Nearly all are small and go through 32-bit arithmetic.
 */
import { PAGE_LIMIT, PAGE_SHIFT, PAGE_SIZE } from '../../base/index.js';
import { bounded, MEANS_ADDRESS, PACK_ADDRESS, PACK_ADDRESS_STRIDE } from './columns.js';
import { damaged, putSigned, putUnsigned, type VarintCursor } from './varints.js';

/** Page differences below this stay within 32 bits when they are turned into bytes. */
const NEAR_PAGES = 2 ** 17;

/** Packs the addresses of `count` >= 1 accesses. Offsets lie in [0, 4096), pages are -1 or page numbers. */
export function packAddresses(
  out: Uint8Array,
  at: number,
  pages: Float64Array,
  offsets: Float64Array,
  count: number,
): number {
  let page = pages[0]!;
  let offset = offsets[0]! | 0;
  const stride = evenStride(pages, offsets, count);
  out[at] = MEANS_ADDRESS | (stride === null ? PACK_ADDRESS : PACK_ADDRESS_STRIDE);
  at = putSigned(out, at + 1, page);
  at = putUnsigned(out, at, offset);
  if (stride !== null) return putSigned(out, at, stride);
  for (let i = 1; i < count; i++) {
    const nextPage = pages[i]!;
    const nextOffset = offsets[i]! | 0;
    const pageDifference = nextPage - page;
    const near = pageDifference | 0;
    if (near === pageDifference && near < NEAR_PAGES && near > -NEAR_PAGES) {
      const difference = (near << PAGE_SHIFT) + (nextOffset - offset);
      const negative = difference < 0 ? 1 : 0;
      let magnitude = negative ? -difference : difference;
      if (magnitude < 64) {
        out[at++] = (magnitude << 1) | negative;
      } else {
        out[at++] = ((magnitude & 63) << 1) | negative | 128;
        magnitude >>>= 6;
        while (magnitude >= 128) {
          out[at++] = (magnitude & 127) | 128;
          magnitude >>>= 7;
        }
        out[at++] = magnitude;
      }
    } else {
      at = putFar(out, at, pageDifference, nextOffset - offset);
    }
    page = nextPage;
    offset = nextOffset;
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

/** A difference of at least one page, in two limbs: 13 low bits and the rest. */
function putFar(out: Uint8Array, at: number, pageDifference: number, offsetDifference: number): number {
  const negative = pageDifference < 0 ? 1 : 0;
  let pages = negative ? -pageDifference : pageDifference;
  let bytes = negative ? -offsetDifference : offsetDifference;
  if (bytes < 0) {
    pages -= 1;
    bytes += PAGE_SIZE;
  }
  const low = bytes + (pages % 2) * PAGE_SIZE;
  const high = Math.floor(pages / 2);
  out[at++] = ((low & 63) << 1) | negative | 128;
  out[at++] = ((low >> 6) & 127) | 128;
  return putUnsigned(out, at, high);
}

/** Unpacks what `packAddresses` wrote, its tag already read. */
export function unpackAddresses(
  cursor: VarintCursor,
  packing: number,
  pages: Float64Array,
  offsets: Float64Array,
  count: number,
): void {
  let page = bounded(cursor.signed(), -1, PAGE_LIMIT - 1);
  let offset = bounded(cursor.unsigned(), 0, PAGE_SIZE - 1);
  pages[0] = page;
  offsets[0] = offset;
  if (packing === PACK_ADDRESS_STRIDE) {
    const stride = bounded(cursor.signed(), -NEAR_PAGES * PAGE_SIZE, NEAR_PAGES * PAGE_SIZE);
    for (let i = 1; i < count; i++) {
      offset += stride;
      const carry = Math.floor(offset / PAGE_SIZE);
      page += carry;
      offset -= carry * PAGE_SIZE;
      pages[i] = page;
      offsets[i] = offset;
    }
    bounded(page, -1, PAGE_LIMIT - 1);
  } else if (packing === PACK_ADDRESS) {
    unpackDifferences(cursor, pages, offsets, count);
  } else {
    damaged(`packing ${packing} does not exist for addresses`);
  }
  if (cursor.at !== cursor.end) damaged('an address column is longer or shorter than its values');
}

function unpackDifferences(cursor: VarintCursor, pages: Float64Array, offsets: Float64Array, count: number): void {
  const bytes = cursor.bytes;
  let page = pages[0]!;
  let offset = offsets[0]! | 0;
  let at = cursor.at;
  for (let i = 1; i < count; i++) {
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
    if (byte < 128) {
      // At most 27 bits: the sum stays within 32.
      const sum = offset + (negative ? -magnitude : magnitude);
      page += sum >> PAGE_SHIFT;
      offset = sum & (PAGE_SIZE - 1);
    } else {
      cursor.at = start + 2;
      const low = ((bytes[start]! >> 1) & 63) | ((bytes[start + 1]! & 127) << 6);
      const far = bounded(cursor.unsigned(), 0, PAGE_LIMIT / 2) * 2 + (low >> PAGE_SHIFT);
      at = cursor.at;
      const sum = offset + (negative ? -(low & (PAGE_SIZE - 1)) : low & (PAGE_SIZE - 1));
      page += (negative ? -far : far) + (sum >> PAGE_SHIFT);
      offset = sum & (PAGE_SIZE - 1);
    }
    if (!(page >= -1 && page < PAGE_LIMIT)) bounded(page, -1, PAGE_LIMIT - 1);
    pages[i] = page;
    offsets[i] = offset;
  }
  cursor.at = at;
}
