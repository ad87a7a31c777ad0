/** How a write came to go through what its CPU had cached: who filled that, what memory took back since, and whether a flush came in between. */
import { PAGES_PER_TABLE } from '../../base/index.js';
import { FLUSH_SCOPES, PTE_DIRTY, PTE_HUGE, PTE_PRESENT, PTE_WRITABLE, TLB_HUGE } from '../../traces/index.js';
import { covers, type KindName, type TrailEvent, type TrailEvents } from './trail-events.js';

export interface Translation {
  /** What put the entry into the TLB, or changed it last. */
  readonly fill: TrailEvent | null;
  /** What took P, W or D from the in-memory entry after that and before the write. */
  readonly restriction: TrailEvent | null;
  /** The first flush of the page that the CPU acknowledged after the write. */
  readonly ackAfter: TrailEvent | null;
}

const RESTRICTS = PTE_PRESENT | PTE_WRITABLE | PTE_DIRTY;
/** Events that give a page another frame: what is cached names the old one from then on. */
const MOVES: readonly KindName[] = ['frame-move', 'map', 'unmap'];

/** @param write a write of a CPU, or of a device with an MMU of its own */
export function translationOf(events: TrailEvents, write: TrailEvent): Translation {
  const { seq, cpu, space, page } = write;
  const fill = cachedBy(events, seq - 1, cpu, space, page);
  if (fill === null) return { fill: null, restriction: null, ackAfter: null };
  const takes = (event: TrailEvent) => {
    if (event.kind !== 'pte') return covers(event, space, page);
    if (!entryCovers(events, event, space, page)) return false;
    const { before, after } = events.entryFlags(event);
    return (before & ~after & RESTRICTS) !== 0;
  };
  const least = fill.seq + 1;
  // What it began with counts: later changes of an entry that is restricted already add nothing.
  const restriction =
    events.firstAfter(least, ['pte'], takes, seq - 1) ?? events.firstAfter(least, MOVES, takes, seq - 1);
  const ackAfter =
    restriction === null
      ? null
      : events.firstAfter(seq + 1, ['flush-ack'], (event) => event.cpu === cpu && flushes(event, space, page));
  return { fill, restriction, ackAfter };
}

/** The last event that put a translation of the page into a CPU's TLB, or changed it, if nothing has flushed or evicted it since. */
function cachedBy(events: TrailEvents, seq: number, cpu: number, space: number, page: number): TrailEvent | null {
  const found = events.lastBefore(
    seq,
    ['tlb-fill', 'tlb-evict', 'flush-ack'],
    (event) =>
      event.cpu === cpu &&
      (event.kind === 'flush-ack' ? flushes(event, space, page) : event.space === space && cachedCovers(event, page)),
  );
  return found?.kind === 'tlb-fill' ? found : null;
}

/** Whether a flush takes what is cached of the page with it. */
export function flushes(event: TrailEvent, space: number, page: number): boolean {
  const scope = FLUSH_SCOPES[event.fields['scope']!];
  if (scope === 'all') return true;
  return scope === 'space' ? event.space === space : covers(event, space, page);
}

/** Whether an in-memory entry that changes is that of the page, or of the huge page that it is part of. */
export function entryCovers(events: TrailEvents, event: TrailEvent, space: number, page: number): boolean {
  if (event.space !== space || event.page < 0) return false;
  if (event.page === page) return true;
  const head = page - (page % PAGES_PER_TABLE);
  if (event.page !== head) return false;
  const { before, after } = events.entryFlags(event);
  return ((before | after) & PTE_HUGE) !== 0;
}

function cachedCovers({ page: at, fields }: TrailEvent, page: number): boolean {
  if (at === page) return true;
  return ((fields['flags'] ?? 0) & TLB_HUGE) !== 0 && at === page - (page % PAGES_PER_TABLE);
}
