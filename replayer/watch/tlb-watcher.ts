/**
 * Watchpoints on what a CPU caches for a page: the entry of the page itself, or the huge one that covers it. The entry comes by a fill,
 * which is the anchor; it changes by an update of its slot, and goes by a flush, an eviction, or a fill of another page into its slot.
 */
import { flushAck, tlbEvict, tlbFill, tlbUpdate } from '../../traces/index.js';
import { CachedPage, headOf } from '../cached-page.js';
import type { TlbStop } from './stop.js';
import { hasKind, speaksOf, type Watcher, type WatcherState } from './watcher.js';

const WATCHED = [tlbFill, tlbUpdate, tlbEvict, flushAck];
const KINDS = WATCHED.reduce((kinds, { code }) => kinds | (1 << code), 0);
const NAMES = WATCHED.map(({ kind }) => kind);

export function tlbWatcher({ cpu, space, page }: TlbStop): Watcher {
  const cached = new CachedPage(cpu, space, page);
  const headPage = headOf(page);

  const state: WatcherState = {
    begin: (fold) => cached.load(fold),
    anchorKinds: 1 << tlbFill.code,
    mayAnchor: (chunk) =>
      hasKind(chunk, [tlbFill.kind]) && (speaksOf(chunk, page, page) || speaksOf(chunk, headPage, headPage)),
    isAnchor: (batch, row) => cached.isFilledBy(batch, row),
    trailing: true,
    get settled() {
      return cached.isEmpty;
    },
  };

  return {
    kinds: KINDS,
    mayHold: (chunk) => (state.settled ? state.mayAnchor(chunk) : hasKind(chunk, NAMES)),
    matches(batch, row) {
      const was = cached.entry;
      const { frame, flags, asid } = was ?? cached.own;
      if (!cached.take(batch, row)) return false;
      const now = cached.entry;
      return was !== now || (now !== null && (now.frame !== frame || now.flags !== flags || now.asid !== asid));
    },
    state,
  };
}
