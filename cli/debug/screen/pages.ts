/**
 * The pages of a trail as a map: rows of neighbouring page numbers, each page one character that says how it stands. Rows without a known page
 * are left out, so that what lies far apart in the address space stands close together here.
 */
import { type Fold, sortedPages } from '../../../replayer/index.js';
import { PTE_PRESENT, PTE_WRITABLE } from '../../../traces/index.js';
import { BOLD, DIM, fg, PLAIN, type StyleCode } from '../../screen/index.js';

export interface PageRow {
  readonly space: number;
  /** Page number of the first column, a multiple of the columns. */
  readonly first: number;
  /** Page indices by column; -1 where the trail knows none. */
  readonly pages: Int32Array;
}

/** How a page stands, the gravest first: what is shown is the first that holds. */
export const STANDINGS = [
  { glyph: '!', style: fg(196) | BOLD, about: 'nothing tells', meaning: 'stale, and nothing will tell the consumer' },
  { glyph: '#', style: fg(220), about: 'stale', meaning: 'stale, and the consumer will be told' },
  { glyph: 'd', style: fg(141), about: 'told only', meaning: 'the consumer will be told, though nothing is new' },
  { glyph: '.', style: DIM, about: 'unmapped', meaning: 'no entry' },
  { glyph: '-', style: fg(75), about: 'protected', meaning: 'an entry without W' },
  { glyph: 'o', style: fg(71), about: 'clean', meaning: 'an entry with W, and the consumer has all' },
] as const;

/** Colours from cold to hot, of the 256-colour palette. */
const HEAT = [238, 60, 61, 97, 133, 169, 204, 209, 214, 226] as const;

export function standing(fold: Fold, index: number): (typeof STANDINGS)[number] {
  const marked = fold.isMarked(index);
  if (fold.isStale(index)) return STANDINGS[marked ? 1 : 0];
  if (marked) return STANDINGS[2];
  const flags = fold.pteFlags(index);
  if ((flags & PTE_PRESENT) === 0) return STANDINGS[3];
  return STANDINGS[flags & PTE_WRITABLE ? 5 : 4];
}

/** A page by the writes that it has seen, on a scale of powers: 0 none, 9 as many as the most written one. */
export function heat(fold: Fold, index: number, most: number): { readonly glyph: string; readonly style: StyleCode } {
  const writes = fold.generationOf(index);
  if (writes === 0) return { glyph: '0', style: DIM };
  const level = most <= 1 ? 9 : 1 + Math.floor((Math.log(writes) / Math.log(most)) * 8);
  return { glyph: String(level), style: fg(HEAT[level]!) };
}

/** The most writes that a page has seen. */
export function mostWrites(fold: Fold): number {
  let most = 0;
  for (let index = 0; index < fold.pages.count; index++)
    if (fold.isMapped(index)) most = Math.max(most, fold.generationOf(index));
  return most;
}

export function pageRows(fold: Fold, columns: number): PageRow[] {
  const rows: PageRow[] = [];
  const { pages } = fold;
  for (const index of sortedPages(fold)) {
    const space = pages.space[index]!;
    const page = pages.page[index]!;
    const first = page - (page % columns);
    let row = rows.at(-1);
    if (row === undefined || row.first !== first || row.space !== space) {
      row = { space, first, pages: new Int32Array(columns).fill(-1) };
      rows.push(row);
    }
    row.pages[page - first] = index;
  }
  return rows;
}

/** The legend that belongs to the map, as pairs of glyph and words. */
export function legend(
  byHeat: boolean,
): ReadonlyArray<{ readonly glyph: string; readonly style: StyleCode; readonly about: string }> {
  if (!byHeat) return STANDINGS;
  return [
    { glyph: '0', style: DIM, about: 'no writes' },
    { glyph: '5', style: fg(HEAT[5]), about: 'some' },
    { glyph: '9', style: fg(HEAT[9]), about: 'the most' },
    { glyph: ' ', style: PLAIN, about: '' },
  ];
}
