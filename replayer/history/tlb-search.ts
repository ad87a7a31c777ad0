/**
 * The last change of what a CPU has cached of a page. It begins with a fill, which the page index finds. Most entries are displaced soon after,
 * so the events from there on are gone through, of those chunks only what may concern its slot; what became of one that lives longer is looked
 * up in checkpoints, by halves, so that only the events around its end are read.
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
import { changeIn, kindsIn, lastEvent, readWanted } from './reading.js';
import type { Change, TlbSubject } from './subject.js';
import { FILL_FIELDS, type Held, TLB_FIELDS, TlbLife, UPDATE_FIELDS } from './tlb-life.js';

/** Chunks that are searched rather than asked about in checkpoints. Chosen: a checkpoint costs about as much to look at as a chunk. */
const SEARCHED_CHUNKS = 3;

const LIFE_FIELDS = { ...TLB_FIELDS, who: true };

/** Where a search has room: for one event, and for those of a whole chunk. */
export interface Room {
  readonly one: EventBatch;
  readonly whole: EventBatch;
}

/** What became of an entry in a stretch of events. */
interface Stretch {
  /** Its last change there, without the time; null for none. */
  readonly last: Change | null;
  /** The event to go on from; 0 where the stretch is at its end, or nothing more can happen. */
  readonly next: number;
}

/** The last event up to `end` that changed what the CPU has of the page, without its time; null where it never had anything. */
export function lastOfLife(source: EventSource, room: Room, subject: TlbSubject, end: number): Change | null {
  const own = lastFill(source, room, subject, end);
  const held = own > 0 ? heldBy(room.one) : null;
  const fill = own > 0 ? changeIn(room.one, 0, ['', '']) : null;
  const huge = lastHugeFill(source, room, subject, end);
  const life = new TlbLife(subject);
  if (huge > 0) return follow(source, room, life, earlier(own, huge), end, Math.max(own, huge));
  if (held === null || fill === null) return null;
  const nothing = life.words;
  life.resume(held);
  const filled = { ...fill, before: nothing, after: life.words };
  const start = followSlot(source, room, life, own + 1, end, SEARCHED_CHUNKS);
  if (start.next === 0) return start.last ?? filled;
  let from = start.next;
  let to = end;
  // It is held at `from`, and ends at most once; what a checkpoint says of the middle decides in which half.
  while (chunkOfSeq(source, to) - chunkOfSeq(source, from) > SEARCHED_CHUNKS) {
    const checkpoint = snapshotAtOrBefore(source, Math.floor((from + to) / 2), scopeOf(subject));
    if (checkpoint === null || checkpoint.seq <= from) break;
    const found = heldIn(checkpoint.tlbs, subject);
    if (found === null) to = checkpoint.seq;
    else {
      from = checkpoint.seq + 1;
      life.resume(found);
    }
  }
  const { last } = followSlot(source, room, life, from, to);
  if (last !== null || from === start.next) return last ?? start.last ?? filled;
  return lastUpdate(source, room, subject, own, held, from) ?? start.last ?? filled;
}

/** Where to begin, to know what the CPU has of the page after event `end`; 0 where nothing was ever filled. */
export function lifeBegins(source: EventSource, room: Room, subject: TlbSubject, end: number): number {
  return earlier(lastFill(source, room, subject, end), lastHugeFill(source, room, subject, end));
}

/** The lesser of two events, where 0 is none. */
function earlier(a: number, b: number): number {
  return a === 0 || b === 0 ? Math.max(a, b) : Math.min(a, b);
}

/** Seq of the last fill of an entry of the page's own; 0 where there is none. */
function lastFill(source: EventSource, { one }: Room, subject: TlbSubject, end: number): number {
  return lastAbout(source, one, FILL_FIELDS, subject, end);
}

/** The same of a huge entry over it, which stands at the first page of its table. */
function lastHugeFill(source: EventSource, { one }: Room, subject: TlbSubject, end: number): number {
  const head = headOf(subject.page);
  if (head === subject.page || !mayHaveHugePages(source.meta)) return 0;
  const flags = one.slots[tlbFill.slot.flags]!;
  return lastAbout(source, one, FILL_FIELDS, { ...subject, page: head }, end, () => (flags[0]! & TLB_HUGE) !== 0);
}

/** What becomes of the page's own entry, which is held before `from` and not filled again, in [from, to]. Searches so many chunks at most. */
function followSlot(
  source: EventSource,
  { one }: Room,
  life: TlbLife,
  from: number,
  to: number,
  mostChunks = Infinity,
): Stretch {
  let last: Change | null = null;
  let searched = 0;
  for (let chunk = chunkOfSeq(source, from); chunk <= chunkOfSeq(source, to); chunk++) {
    if (searched === mostChunks) return { last, next: source.chunks[chunk]!.firstSeq };
    const kinds = kindsIn(source, chunk, LIFE_FIELDS.kinds);
    if (kinds === 0) continue;
    searched++;
    const query = { selection: { ...LIFE_FIELDS, kinds }, cpu: life.cpu, slot: life.slot };
    for (const seq of source.eventsOnward(chunk, from, query, one)) {
      if (seq > to) break;
      const before = life.words;
      if (!life.take(one, 0)) continue;
      last = changeIn(one, 0, [before, life.words]);
      if (life.isOver) return { last, next: 0 };
    }
  }
  return { last, next: 0 };
}

/** The last change of the page's own entry and a huge one over it in [from, to]; nothing more is looked at where both are gone after `lastFilled`. */
function follow(
  source: EventSource,
  { whole }: Room,
  life: TlbLife,
  from: number,
  to: number,
  lastFilled: number,
): Change | null {
  let last: Change | null = null;
  for (let chunk = chunkOfSeq(source, from); chunk <= chunkOfSeq(source, to); chunk++) {
    if (!readWanted(source, chunk, whole, LIFE_FIELDS)) continue;
    for (let row = 0; row < whole.length; row++) {
      const seq = seqOf(whole, row);
      if (seq < from || seq > to) continue;
      const before = life.words;
      if (!life.take(whole, row)) continue;
      last = changeIn(whole, row, [before, life.words]);
      if (life.isOver && seq >= lastFilled) return last;
    }
  }
  return last;
}

/** The last change of flags in [begins, before), of an entry that was held all that time. */
function lastUpdate(
  source: EventSource,
  room: Room,
  subject: TlbSubject,
  begins: number,
  filled: Held,
  before: number,
): Change | null {
  const seq = lastAbout(source, room.one, UPDATE_FIELDS, subject, before - 1);
  if (seq <= begins) return null;
  const life = new TlbLife(subject);
  const checkpoint = snapshotAtOrBefore(source, seq - 1, scopeOf(subject));
  const held = checkpoint === null || checkpoint.seq <= begins ? null : heldIn(checkpoint.tlbs, subject);
  life.resume(held ?? filled);
  return followSlot(source, room, life, held === null ? begins + 1 : checkpoint!.seq + 1, seq).last;
}

/** Seq of the last event of those kinds about the page on that CPU that is meant, up to `end`; 0 where there is none. */
function lastAbout(
  source: EventSource,
  one: EventBatch,
  selection: Selection,
  { cpu, space, page }: TlbSubject,
  end: number,
  isMeant = () => true,
): number {
  const query = { selection, space, page, head: page };
  const topic = { kinds: selection.kinds, cpu };
  return lastEvent(source, one, query, topic, end, () => one.cpu[0] === cpu && isMeant());
}

/** What the fill that was found put there. */
function heldBy({ slots }: EventBatch): Held {
  return { slot: slots[tlbFill.slot.slot]![0]!, flags: slots[tlbFill.slot.flags]![0]! };
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
