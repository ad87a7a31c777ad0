/** What a CPU does in a program of a strategy, as words: `store 0`, `load 1`, `unmap all`. Pages are those of the program, from 0. */
import { access, AccessKind, operate } from '../simulator/index.js';
import type { ScenarioPiece, Stage } from './scenario.js';

export const DEEDS = {
  store: AccessKind.store,
  load: AccessKind.load,
  'device-write': AccessKind.deviceWrite,
  'kernel-write': AccessKind.kernelWrite,
  unmap: AccessKind.unmap,
  move: AccessKind.move,
} as const;

export interface Deed {
  readonly does: keyof typeof DEEDS;
  /** null: all of them, which an operation may be about. */
  readonly page: number | null;
}

const ACCESS_BYTES = 8;

export function deedsText(deeds: readonly Deed[]): string {
  return deeds.map(({ does, page }) => `${does} ${page ?? 'all'}`).join(', ');
}

/** null for what is none; an empty text is a CPU that does nothing. */
export function parseDeeds(text: string, pages: number): Deed[] | null {
  const deeds: Deed[] = [];
  for (const words of text.trim() === '' ? [] : text.split(',')) {
    const [, does, page] = /^([a-z-]+)\s+(all|\d+)$/.exec(words.trim()) ?? [];
    if (does === undefined || !isDeed(does) || (page !== 'all' && Number(page) >= pages)) return null;
    if (page === 'all' && DEEDS[does] < AccessKind.unmap) return null;
    deeds.push({ does, page: page === 'all' ? null : Number(page) });
  }
  return deeds;
}

function isDeed(word: string): word is keyof typeof DEEDS {
  return Object.hasOwn(DEEDS, word);
}

export function pieceOf(stage: Stage, pages: number, { does, page }: Deed): ScenarioPiece {
  if (does === 'store') return stage.store(page ?? 0);
  if (does === 'load') return stage.load(page ?? 0);
  const kind = DEEDS[does];
  const first = stage.page(page ?? 0);
  const label = page === null ? `${does} all pages` : `${does} page ${page}`;
  const code =
    kind < AccessKind.unmap
      ? () => access(stage.tracking, kind, [{ page: first, offset: 0, size: ACCESS_BYTES }])
      : () => operate(kind, stage.tracking, { first, last: stage.page(page ?? pages - 1), mapping: 0 });
  return { label, code };
}
