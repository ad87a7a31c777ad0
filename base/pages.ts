/**
 * Pages and addresses as numbers. A 64-bit address does not fit a JS number exactly; a page number (52 bits) and an offset
 * (12 bits) do, so every address in the code is such a pair, and hex text at the edges.
 */

/** Bytes in a page. */
export const PAGE_SIZE = 4096;
/** log2 of PAGE_SIZE. */
export const PAGE_SHIFT = 12;
/** Pages in the 64-bit address space; page numbers lie in [0, PAGE_LIMIT). */
export const PAGE_LIMIT = 2 ** 52;
/** Slots in one page table, on every architecture modelled here. */
export const PAGES_PER_TABLE = 512;

/** `0x`-hex text of an address, exact for all 64 bits. */
export function formatAddress(page: number, offset: number): string {
  const low = offset.toString(16);
  return page === 0 ? `0x${low}` : `0x${page.toString(16)}${low.padStart(3, '0')}`;
}

/** `0x`-hex text of a page number. */
export function formatPage(page: number): string {
  return `0x${page.toString(16)}`;
}

/** Reads a decimal or 0x-hex unsigned integer up to `limit` (exclusive); null for anything else. */
export function parseUnsigned(text: string, limit: number = Number.MAX_SAFE_INTEGER): number | null {
  if (!/^(0[xX][0-9a-fA-F]+|[0-9]+)$/.test(text)) return null;
  const value = Number(text);
  return Number.isSafeInteger(value) && value < limit ? value : null;
}

/** Reads a decimal or 0x-hex address of up to 64 bits; null for anything else. */
export function parseAddress(text: string): { page: number; offset: number } | null {
  if (!/^(0[xX][0-9a-fA-F]+|[0-9]+)$/.test(text) || text.length > 24) return null;
  const value = BigInt(text);
  if (value >= 1n << 64n) return null;
  return { page: Number(value >> 12n), offset: Number(value & 0xfffn) };
}
