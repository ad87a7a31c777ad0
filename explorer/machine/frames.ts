/** What is behind the pages of the small machine: frames are taken, left for another, replaced by a copy, and given up. */
import { PTE_PRESENT } from '../../traces/index.js';
import { BROKEN } from '../rules.js';
import { CACHED, DECLARED, LACKS, OLD_FRAME, type PackedState } from './packed-state.js';

export function mapPage(state: PackedState, page: number, flags: number): void {
  const { shape } = state;
  const home = shape.home[page]!;
  if (!state.get(state.homed + home)) {
    state.set(state.homed + home, 1);
    state.set(state.lacks + home, LACKS.nothing);
    state.set(state.replaced + home, 0);
  }
  const declared = state.get(state.declared + page);
  if (declared & DECLARED.gone) state.set(state.declared + page, declared & ~DECLARED.gone);
  state.change(page, flags | shape.frameFlags[page]!);
}

/** Pages move to another frame only while nothing maps them. */
export function moveFrame(state: PackedState, home: number): number {
  const { shape } = state;
  for (let page = home; page >= 0; page = shape.nextOfHome[page]!) if (state.get(state.flags + page)) return 0;
  leaveFrame(state, home);
  state.set(state.cached + home, 0);
  return 1;
}

/** A copy of the contents takes the place of the frame. */
export function replaceFrame(state: PackedState, page: number, flags: number): number {
  const { shape } = state;
  const home = shape.home[page]!;
  const declared = state.get(state.declared + home);
  if (declared & DECLARED.missed) state.broken |= BROKEN['wrong-frame-write'];
  state.set(state.declared + home, declared & ~(DECLARED.copied | DECLARED.missed));
  leaveFrame(state, home);
  state.set(state.replaced + home, 1);
  const old = state.get(state.flags + page);
  state.change(page, flags & PTE_PRESENT ? flags | shape.frameFlags[page]! : flags);
  return old;
}

export function discardFrame(state: PackedState, home: number): void {
  const lacks = state.get(state.lacks + home);
  if (lacks !== LACKS.nothing) state.broken |= BROKEN[lacks === LACKS.store ? 'lost-write' : 'invisible-write'];
  if (state.anyStale(home)) state.broken |= BROKEN['decided-before-flush'];
  leaveFrame(state, home);
  state.set(state.homed + home, 0);
  state.set(state.lacks + home, LACKS.nothing);
  state.set(state.cached + home, 0);
  state.set(state.marks + home, 0);
}

/** What CPUs have cached of the pages of a home is of a frame that is theirs no longer. */
function leaveFrame(state: PackedState, home: number): void {
  const { shape } = state;
  for (let page = home; page >= 0; page = shape.nextOfHome[page]!) {
    for (let cpu = 0; cpu < shape.cpus; cpu++) {
      const field = state.tlb + cpu * shape.pages + page;
      const entry = state.get(field);
      if (entry & CACHED) state.set(field, entry | OLD_FRAME);
    }
  }
}
