/**
 * The difference of two addresses as a signed varint. It may have 65 bits (from user to kernel space), so the rare large
 * ones are split in pages and bytes; both ways write the same bytes. Nearly all are small and go through 32-bit arithmetic.
 */
import { PAGE_LIMIT, PAGE_SHIFT, PAGE_SIZE } from '../../base/index.js';
import { bounded } from './columns.js';
import { putUnsigned, type VarintCursor } from './varints.js';

/** Page differences below this stay within 32 bits when they are turned into bytes. */
export const NEAR_PAGES = 2 ** 17;

/** Writes the difference; returns the position behind it. `offsetDifference` lies within a page. */
export function putDifference(out: Uint8Array, at: number, pageDifference: number, offsetDifference: number): number {
  const near = pageDifference | 0;
  if (near !== pageDifference || near >= NEAR_PAGES || near <= -NEAR_PAGES) {
    return putFar(out, at, pageDifference, offsetDifference);
  }
  const difference = (near << PAGE_SHIFT) + offsetDifference;
  const negative = difference < 0 ? 1 : 0;
  let magnitude = negative ? -difference : difference;
  if (magnitude < 64) {
    out[at] = (magnitude << 1) | negative;
    return at + 1;
  }
  out[at++] = ((magnitude & 63) << 1) | negative | 128;
  magnitude >>>= 6;
  while (magnitude >= 128) {
    out[at++] = (magnitude & 127) | 128;
    magnitude >>>= 7;
  }
  out[at] = magnitude;
  return at + 1;
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

/** Reads differences and adds each to an address; the sum is in `page` and `offset`. */
export class DifferenceCursor {
  page = 0;
  offset = 0;
  #at: number;
  readonly #cursor: VarintCursor;
  readonly #bytes: Uint8Array;

  constructor(cursor: VarintCursor) {
    this.#cursor = cursor;
    this.#bytes = cursor.bytes;
    this.#at = cursor.at;
  }

  /** Position behind the last difference; reads behind the end count too, so that the caller sees them. */
  get at(): number {
    return this.#at;
  }

  /** Goes on from the difference that begins there. */
  goTo(at: number): this {
    this.#at = at;
    return this;
  }

  addTo(page: number, offset: number): void {
    const bytes = this.#bytes;
    const start = this.#at;
    let at = start;
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
    if (byte >= 128) return this.#addFar(page, offset);
    // At most 27 bits: the sum stays within 32.
    const sum = offset + (negative ? -magnitude : magnitude);
    this.#at = at;
    this.offset = sum & (PAGE_SIZE - 1);
    this.page = page + (sum >> PAGE_SHIFT);
    if (!(this.page >= -1 && this.page < PAGE_LIMIT)) bounded(this.page, -1, PAGE_LIMIT - 1);
  }

  #addFar(page: number, offset: number): void {
    const bytes = this.#bytes;
    const start = this.#at;
    const negative = bytes[start]! & 1;
    const low = ((bytes[start]! >> 1) & 63) | ((bytes[start + 1]! & 127) << 6);
    this.#cursor.at = start + 2;
    const far = bounded(this.#cursor.unsigned(), 0, PAGE_LIMIT / 2) * 2 + (low >> PAGE_SHIFT);
    this.#at = this.#cursor.at;
    const bytesApart = low & (PAGE_SIZE - 1);
    const sum = offset + (negative ? -bytesApart : bytesApart);
    this.offset = sum & (PAGE_SIZE - 1);
    this.page = bounded(page + (negative ? -far : far) + (sum >> PAGE_SHIFT), -1, PAGE_LIMIT - 1);
  }
}
