/** The consumer's side on the small machine: marks go, pages are reported, bytes are read; and what that breaks. */
import { carrierBit } from '../../traces/index.js';
import { BROKEN } from '../rules.js';
import { canBeWrittenUnmarked, isMarked } from './consumer.js';
import { LACKS, type PackedState } from './packed-state.js';
import { forHomes } from './pages.js';
import { sameDomain } from './shape.js';

export function markClear(state: PackedState, first: number, last: number, carrier: number): void {
  forHomes(state, first, last, (home) => {
    const marks = state.get(state.marks + home);
    if ((marks & (1 << carrier)) === 0) return;
    state.set(state.marks + home, marks & ~(1 << carrier));
    if (state.reads(home) & carrierBit(carrier)) checkRearmed(state, home);
  });
}

export function markMove(state: PackedState, page: number, from: number, to: number): number {
  const home = state.shape.home[page]!;
  const marks = state.get(state.marks + home);
  if ((marks & (1 << from)) === 0) return 0;
  state.set(state.marks + home, (marks & ~(1 << from)) | (to >= 0 ? 1 << to : 0));
  return 1;
}

/** A mark went: from here on a store must be able to leave a new one. */
function checkRearmed(state: PackedState, home: number): void {
  const { nextOfHome } = state.shape;
  if (isMarked(state, home)) return;
  for (let page = home; page >= 0; page = nextOfHome[page]!)
    if (canBeWrittenUnmarked(state, page)) state.broken |= BROKEN['missing-rearm'];
}

/** The consumer is told of a run of pages. */
export function report(state: PackedState, first: number, last: number): void {
  let empty = false;
  forHomes(state, first, last, (home) => {
    state.count('reports');
    if (state.get(state.lacks + home) === LACKS.nothing) empty = true;
  });
  if (empty) state.broken |= BROKEN['false-dirty'];
  if (state.instead < 0) return;
  for (let home = 0; empty && home < state.shape.pages; home++) {
    const untold = state.get(state.lacks + home) !== LACKS.nothing && !isMarked(state, home);
    if (untold && sameDomain(state.shape, home, first)) state.set(state.instead + home, 1);
  }
  forHomes(state, first, last, (home) => state.set(state.instead + home, 0));
}

/** The consumer reads the bytes of a page. */
export function transfer(state: PackedState, home: number): void {
  if (state.anyStale(home)) state.broken |= BROKEN['decided-before-flush'];
  state.count('transfers');
  if (state.get(state.cached + home)) return;
  state.set(state.lacks + home, LACKS.nothing);
  if (state.instead >= 0) state.set(state.instead + home, 0);
}
