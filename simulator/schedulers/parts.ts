/** An access cut at page borders. */
import { PAGE_SIZE } from '../../base/index.js';
import type { Part } from '../kernel/access.js';

/**
 * What an access touches, page by page in order of address.
 * @param index gives the index of a page number
 */
export function partsOf(page: number, offset: number, size: number, index: (page: number) => number): Part[] {
  const parts: Part[] = [];
  for (let at = offset, left = size; left > 0; page++, at = 0) {
    const here = Math.min(left, PAGE_SIZE - at);
    parts.push({ page: index(page), offset: at, size: here });
    left -= here;
  }
  return parts;
}
