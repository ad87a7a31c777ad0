/**
 * The last change of what a CPU has cached of a page. It begins with a fill, which the page index finds; what became of the entry since is
 * looked up in checkpoints, by halves, so that only the events around its end are read.
 */
import {
  snapshotAtOrBefore,
  TLB_HUGE,
  tlbFill,
  type EventBatch,
  type MachineSnapshot,
  type Selection,
} from '../../traces/index.js';
import { chunkOfSeq, seqOf, type EventSource } from '../event-source.js';
import { headOf } from '../cached-page.js';
import { mayHaveHugePages } from '../fold/index.js';
import { changeIn, lastRowUpTo, readWanted } from './reading.js';
import type { Change, TlbSubject } from './subject.js';
import { FILL_FIELDS, TLB_FIELDS, TlbLife, UPDATE_FIELDS } from './tlb-life.js';

/** Chunks that are read rather than asked about in checkpoints. Chosen: a checkpoint costs as much to look at as half a chunk. */
const READ_CHUNKS = 3;

const LIFE_FIELDS = { ...TLB_FIELDS, who: true };

export interface LifeEvent {
  /** Without its time. */
  readonly change: Change;
  /** Kind of the event. */
  readonly code: number;
}

interface Held {
  readonly slot: number;
  readonly flags: number;
}

/** The last event up to `end` that changed what the CPU has of the page; null where it never had anything. */
export function lastOfLife(source: EventSource, batch: EventBatch, subject: TlbSubject, end: number): LifeEvent | null {
  const own = lastFill(source, batch, subject, end);
  const huge = lastHugeFill(source, batch, subject, end);
  if (huge > 0) return follow(source, batch, subject, null, earlier(own, huge), end);
  if (own === 0) return null;
  let from = own;
  let to = end;
  let held: Held | null = null;
  // It is held at `from`, and ends at most once; what a checkpoint says of the middle decides in which half.
  while (chunkOfSeq(source, to) - chunkOfSeq(source, from) > READ_CHUNKS) {
    const checkpoint = snapshotAtOrBefore(source, Math.floor((from + to) / 2), scopeOf(subject));
    if (checkpoint === null || checkpoint.seq <= from) break;
    const found = heldIn(checkpoint.tlbs, subject);
    if (found === null) to = checkpoint.seq;
    else {
      from = checkpoint.seq + 1;
      held = found;
    }
  }
  return (
    follow(source, batch, subject, held, from, to) ??
    lastUpdate(source, batch, subject, own, from) ??
    follow(source, batch, subject, null, own, own)
  );
}

/** Where to begin, to know what the CPU has of the page after event `end`; 0 where nothing was ever filled. */
export function lifeBegins(source: EventSource, batch: EventBatch, subject: TlbSubject, end: number): number {
  return earlier(lastFill(source, batch, subject, end), lastHugeFill(source, batch, subject, end));
}

/** The lesser of two events, where 0 is none. */
function earlier(a: number, b: number): number {
  return a === 0 || b === 0 ? Math.max(a, b) : Math.min(a, b);
}

/** Seq of the last fill of an entry of the page's own; 0 where there is none. */
function lastFill(source: EventSource, batch: EventBatch, subject: TlbSubject, end: number): number {
  return lastAbout(source, batch, subject, FILL_FIELDS, end, (row) => batch.page[row] === subject.page);
}

/** The same of a huge entry over it, which stands at the first page of its table. */
function lastHugeFill(source: EventSource, batch: EventBatch, subject: TlbSubject, end: number): number {
  const head = headOf(subject.page);
  if (head === subject.page || !mayHaveHugePages(source.meta)) return 0;
  const flags = batch.slots[tlbFill.slot.flags]!;
  const isHuge = (row: number) => batch.page[row] === head && (flags[row]! & TLB_HUGE) !== 0;
  return lastAbout(source, batch, subject, FILL_FIELDS, end, isHuge);
}

/** What becomes of the entry in [from, to], before which it is `held`: the last change, or null for none. */
function follow(
  source: EventSource,
  batch: EventBatch,
  subject: TlbSubject,
  held: Held | null,
  from: number,
  to: number,
): LifeEvent | null {
  const life = new TlbLife(subject);
  if (held !== null) life.resume(held.slot, held.flags);
  let last: LifeEvent | null = null;
  for (let chunk = chunkOfSeq(source, from); chunk <= chunkOfSeq(source, to); chunk++) {
    if (!readWanted(source, chunk, batch, LIFE_FIELDS)) continue;
    for (let row = 0; row < batch.length; row++) {
      const seq = seqOf(batch, row);
      if (seq < from || seq > to) continue;
      const before = life.words;
      if (!life.take(batch, row)) continue;
      last = { change: changeIn(batch, row, [before, life.words]), code: batch.kind[row]! };
    }
  }
  return last;
}

/** The last change of flags in [begins, before), of an entry that was held all that time. */
function lastUpdate(
  source: EventSource,
  batch: EventBatch,
  subject: TlbSubject,
  begins: number,
  before: number,
): LifeEvent | null {
  const seq = lastAbout(source, batch, subject, UPDATE_FIELDS, before - 1, (row) => batch.page[row] === subject.page);
  if (seq <= begins) return null;
  const checkpoint = snapshotAtOrBefore(source, seq - 1, scopeOf(subject));
  const held = checkpoint === null || checkpoint.seq <= begins ? null : heldIn(checkpoint.tlbs, subject);
  if (held === null) return follow(source, batch, subject, null, begins, seq);
  return follow(source, batch, subject, held, checkpoint!.seq + 1, seq);
}

/** Seq of the last event of those kinds on the subject's CPU that is meant, up to `end`; 0 where there is none. */
function lastAbout(
  source: EventSource,
  batch: EventBatch,
  { cpu, space, page }: TlbSubject,
  fields: Selection,
  end: number,
  isMeant: (row: number) => boolean,
): number {
  for (let chunk = chunkOfSeq(source, end); chunk >= 0; chunk--) {
    chunk = source.lastChunkAbout(space, page, fields.kinds, chunk);
    if (chunk < 0) return 0;
    if (!readWanted(source, chunk, batch, fields)) continue;
    for (let row = lastRowUpTo(batch, end); row >= 0; row--) {
      if (batch.cpu[row] === cpu && batch.space[row] === space && isMeant(row)) return seqOf(batch, row);
    }
  }
  return 0;
}

/** The page alone: a checkpoint has all TLBs beside it. */
function scopeOf({ space, page }: TlbSubject): { space: number; from: number; to: number } {
  return { space, from: page, to: page + 1 };
}

/** What the CPU holds of the page by an entry of its own. */
function heldIn({ cpu, space, page, slot, flags }: MachineSnapshot['tlbs'], subject: TlbSubject): Held | null {
  for (let row = 0; row < page.length; row++) {
    if (cpu[row] !== subject.cpu || space[row] !== subject.space || page[row] !== subject.page) continue;
    return { slot: slot[row]!, flags: flags[row]! };
  }
  return null;
}
