/** Pages of the small machine in order, and by their marks. */
import { LACKS, type PackedState } from './packed-state.js';
import { domainStart, sameDomain } from './shape.js';

/** Carrier numbers that stand for "belongs to the object", and for "differs from the consumer's copy". */
const ANY_MAPPED = -1;
const DIFFERS = -2;

export function nextWith(state: PackedState, page: number, carrier: number): number {
  const { shape } = state;
  const start = page < 0 ? domainStart(shape, page) : shape.rank[page]! + 1;
  if (start < 0 || start >= shape.pages) return -1;
  const like = page < 0 ? shape.order[start]! : page;
  for (let at = start; at < shape.pages; at++) {
    const next = shape.order[at]!;
    if (!sameDomain(shape, like, next)) return -1;
    if (has(state, next, carrier)) return next;
  }
  return -1;
}

export function lastWith(state: PackedState, start: number, carrier: number): number {
  const { shape } = state;
  const first = domainStart(shape, start);
  if (first < 0) return -1;
  for (let at = shape.pages - 1; at >= 0; at--) {
    const page = shape.order[at]!;
    if (sameDomain(shape, shape.order[first]!, page) && has(state, page, carrier)) return page;
  }
  return -1;
}

/** Whether a home page has the carrier, or belongs to the object, or differs from the consumer's copy. */
function has(state: PackedState, page: number, carrier: number): boolean {
  if (state.shape.home[page] !== page || !state.get(state.homed + page)) return false;
  if (carrier === ANY_MAPPED) return true;
  if (carrier === DIFFERS) return state.get(state.lacks + page) !== LACKS.nothing;
  return (state.get(state.marks + page) & (1 << carrier)) !== 0;
}

export function bounded(state: PackedState, page: number, last: number): number {
  const { space, number } = state.shape;
  return page >= 0 && space[page] === space[last] && number[page]! <= number[last]! ? page : -1;
}

export function forPages(state: PackedState, first: number, last: number, act: (page: number) => void): void {
  const { space, number, pages } = state.shape;
  for (let page = 0; page < pages; page++)
    if (space[page] === space[first] && number[page]! >= number[first]! && number[page]! <= number[last]!) act(page);
}

export function forHomes(state: PackedState, first: number, last: number, act: (home: number) => void): void {
  const { home } = state.shape;
  if (first === last) act(home[first]!);
  else forPages(state, first, last, (page) => home[page] === page && act(page));
}
