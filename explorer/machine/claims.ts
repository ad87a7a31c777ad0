/** What actors rely on, and what they leave to others: claims, and locks that are dropped. */
import { CLAIM, LOCK, type MicroOp } from '../../simulator/index.js';
import { PTE_PRESENT, PTE_WRITABLE } from '../../traces/index.js';
import { BROKEN } from '../rules.js';
import { isMarked } from './consumer.js';
import type { Performer } from './performer.js';
import { DECLARED, type PackedState } from './packed-state.js';

const ALLOWED = PTE_PRESENT | PTE_WRITABLE;

export function declare(state: PackedState, page: number, claim: number, by: Performer): void {
  const { shape } = state;
  const home = shape.home[page]!;
  const field = state.declared + page;
  if (claim === CLAIM.protected || claim === CLAIM.gone) {
    const allowed = (state.get(state.flags + page) & ALLOWED) === ALLOWED;
    const gone = claim === CLAIM.gone ? DECLARED.gone : 0;
    state.set(field, state.get(field) | gone | (allowed ? 0 : DECLARED.revoked));
    if (!state.anyStale(home)) return;
    for (let actor = 0; actor < state.actors; actor++)
      if (actor !== by.actor && state.get(state.awaited + actor)) state.broken |= BROKEN['skipped-flush'];
    state.broken |= BROKEN['decided-before-flush'];
  } else if (claim === CLAIM.copied || claim === CLAIM.compared) {
    const at = state.declared + home;
    state.set(at, (state.get(at) & ~DECLARED.missed) | DECLARED.copied);
    if (state.anyStale(home)) state.broken |= BROKEN['decided-before-flush'];
  } else if (claim === CLAIM.clean) {
    if (state.anyStale(home)) state.broken |= BROKEN['decided-before-flush'];
  } else if (claim === CLAIM.private && !state.get(state.replaced + home)) state.broken |= BROKEN['dirty-as-proof'];
}

export function checkUnlock(state: PackedState, op: MicroOp): void {
  const { shape } = state;
  if (op.a !== LOCK['page-table'] && op.a !== LOCK.mmu) return;
  for (let page = 0; page < shape.pages; page++) {
    if (op.page >= 0 && shape.tableOf[page] !== shape.tableOf[op.page]) continue;
    if (state.anyStale(page)) state.broken |= BROKEN['unlock-before-flush'];
    const home = shape.home[page]!;
    const out = (state.get(state.flags + page) & PTE_PRESENT) === 0;
    if (out && state.get(state.homed + home) && state.get(state.lacks + home) && !isMarked(state, home))
      state.broken |= BROKEN['dropped-on-transform'];
  }
}
