/**
 * Why an event happened: the event before it that it comes of, by its kind. Hardware acts for the access that it serves; a handler acts for its fault; a
 * harvest for the writes that made it due, and on the marks that they left; a flush for the entries that changed.
 */
import {
  carrierCode,
  EVICT_REASONS,
  FAULT_HANDLERS,
  FAULT_PRESENT,
  OPERATIONS,
  PTE_CAUSES,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_WRITABLE,
} from '../../traces/index.js';
import { covers, type KindName, type TrailEvent, type TrailEvents } from './trail-events.js';
import { entryMarks } from './entry-marks.js';
import { entryCovers } from './translation.js';

export interface CauseOfEvent {
  readonly event: TrailEvent;
  /** How the cause led to the event. */
  readonly so: string;
}

type FindCause = (events: TrailEvents, event: TrailEvent) => CauseOfEvent | null;

/** Events between what begins something (a fault, an operation) and what comes of it. Chosen: a walk of a large object is longer, and then the last is taken. */
const NEAR = 4096;
const ENCLOSING: readonly KindName[] = ['fault', 'operation', 'harvest-begin', 'harvest-end', 'exit', 'write', 'read'];

/** The nearest cause; null where the trail tells of none: it is the program's own doing. */
export function causeOf(events: TrailEvents, event: TrailEvent): CauseOfEvent | null {
  return (BY_KIND[event.kind] ?? enclosing)(events, event);
}

const BY_KIND: Readonly<Record<string, FindCause>> = {
  write: ownDoing,
  read: ownDoing,
  operation: ownDoing,
  gap: ownDoing,
  note: ownDoing,
  'tlb-fill': (events, event) => {
    const { seq, cpu, space, page } = event;
    // A flush of what the CPU did not have any more, or never had, is no reason to look it up.
    const gone = events.lostFromTlb(seq - 1, cpu, space, page);
    if (gone === null) return ofAccess(events, event) ?? enclosing(events, event);
    const how = gone.kind === 'tlb-fill' ? 'that took its slot' : 'with that its entry was gone';
    return { event: gone, so: `${how}, so the next access had to look the page up anew` };
  },
  'tlb-update': (events, event) =>
    last(
      events,
      event,
      ['pte'],
      (other) => entryCovers(events, other, event.space, event.page) && other.cpu === event.cpu,
      'and the TLB entry was made the same',
    ) ?? enclosing(events, event),
  'tlb-evict': (events, event) =>
    EVICT_REASONS[event.fields['reason']!] === 'fault'
      ? last(
          events,
          event,
          ['fault', 'exit'],
          (other) => other.cpu === event.cpu,
          'and a fault drops the TLB entry that it came of',
        )
      : null,
  fault: (events, event) => {
    const { fields, space, page, cpu } = event;
    const present = (fields['error']! & FAULT_PRESENT) !== 0;
    if (FAULT_HANDLERS[fields['handler']!] === 'spurious') {
      const given = last(
        events,
        event,
        ['pte'],
        (other) => entryCovers(events, other, space, page),
        `but cpu ${cpu} still had the entry from before cached`,
      );
      if (given !== null) return given;
    }
    const wanted = present ? PTE_WRITABLE | PTE_DIRTY : PTE_PRESENT;
    const taken = last(
      events,
      event,
      ['pte', 'map'],
      (other) => {
        if (other.kind === 'map') return covers(other, space, page);
        if (!entryCovers(events, other, space, page)) return false;
        const { before, after } = events.entryFlags(other);
        return (before & ~after & wanted) !== 0 || (present && (before & PTE_PRESENT) === 0 && (after & wanted) === 0);
      },
      present ? 'so the next write had to ask' : 'so the next access found nothing there',
    );
    return taken ?? ofAccess(events, event);
  },
  pte: (events, event) => {
    const cause = PTE_CAUSES[event.fields['cause']!];
    if (cause === 'walker') return ofAccess(events, event) ?? enclosing(events, event);
    if (cause === 'fault' || cause === 'monitor')
      return (
        last(
          events,
          event,
          ['fault', 'exit'],
          (other) => other.cpu === event.cpu,
          'and the handler changed the entry',
        ) ?? enclosing(events, event)
      );
    const dirty =
      (events.entryFlags(event).before & PTE_DIRTY) !== 0 && (events.entryFlags(event).after & PTE_DIRTY) === 0;
    const found = (dirty ? dirtier(events, event) : null) ?? enclosing(events, event);
    return found ?? (cause === 'map' ? ofAccess(events, event) : null);
  },
  'flush-queue': (events, event) => changedEntries(events, event) ?? enclosing(events, event),
  'flush-send': (events, event) =>
    last(
      events,
      event,
      ['flush-queue'],
      (other) => other.actor === event.actor && isSameRange(other, event),
      'so it was due',
    ) ??
    changedEntries(events, event) ??
    enclosing(events, event),
  'flush-ack': (events, event) =>
    last(
      events,
      event,
      ['flush-send'],
      (other) => isSameRange(other, event) && other.fields['reason'] === event.fields['reason'],
      'and this CPU was among those it was sent to',
    ) ?? enclosing(events, event),
  mark: (events, event) => {
    const { fields, space, page } = event;
    if (fields['value'] === 0)
      return last(
        events,
        event,
        ['mark'],
        (other) =>
          other.fields['value'] === 1 && other.fields['carrier'] === fields['carrier'] && overlaps(other, event),
        'and the consumer took that mark',
      );
    // It records what an entry or another mark said, a fault, or a write that hardware has seen: the nearest of them is it.
    return (
      last(
        events,
        event,
        ['pte', 'mark', 'fault', 'exit', 'write', 'operation'],
        (other) => {
          if (other.seq < event.seq - NEAR) return false;
          if (other.kind === 'operation') return other.cpu === event.cpu;
          if (other.kind === 'mark')
            return other.fields['value'] === 0 && other.actor === event.actor && overlaps(other, event);
          if (other.kind !== 'pte') return other.cpu === event.cpu && covers(other, space, page);
          if (!entryCovers(events, other, space, page)) return false;
          const { before, after } = events.entryFlags(other);
          return ((before ^ after) & (PTE_DIRTY | PTE_WRITABLE)) !== 0;
        },
        'and that is remembered in the mark',
      ) ?? enclosing(events, event)
    );
  },
  report: (events, event) => marked(events, event) ?? enclosing(events, event),
  transfer: (events, event) =>
    last(events, event, ['report'], (other) => overlaps(other, event), 'so its bytes are due') ??
    marked(events, event) ??
    enclosing(events, event),
  'harvest-begin': (events, event) =>
    last(
      events,
      event,
      ['write', 'operation'],
      (other) => other.kind === 'write' || isHarvest(other),
      'that made the round due',
    ),
  'harvest-end': (events, event) =>
    last(
      events,
      event,
      ['harvest-begin'],
      (other) => other.fields['harvest'] === event.fields['harvest'],
      'and this ends it',
    ),
  unlock: (events, event) =>
    last(
      events,
      event,
      ['lock'],
      (other) =>
        other.actor === event.actor && other.page === event.page && other.fields['lock'] === event.fields['lock'],
      'and it is given back',
    ),
  map: (events, event) => ofAccess(events, event) ?? enclosing(events, event),
  // The page of a lock is the first of its table.
  lock: (events, event) => enclosing(events, event) ?? ofAccess(events, { ...event, page: -1 }),
};

function ownDoing(): null {
  return null;
}

/** What the event is part of: a fault, an operation, a round of the consumer. */
function enclosing(events: TrailEvents, event: TrailEvent): CauseOfEvent | null {
  const found = events.lastBefore(
    event.seq - 1,
    ENCLOSING,
    (other) => isOf(other, event),
    Math.max(1, event.seq - NEAR),
  );
  if (found === null || found.kind === 'harvest-end' || found.kind === 'write' || found.kind === 'read') return null;
  const so: Readonly<Record<string, string>> = {
    fault: 'and this is part of what its handler did',
    operation: 'and this is part of it',
    'harvest-begin': 'and this is part of the round',
    exit: 'and this is what the monitor did then',
  };
  return { event: found, so: so[found.kind] ?? 'and this came of it' };
}

/** A round has an actor of its own; what others begin goes by CPU. */
function isOf(other: TrailEvent, event: TrailEvent): boolean {
  if (other.kind === 'harvest-begin' || other.kind === 'harvest-end') return other.actor === event.actor;
  return other.cpu === event.cpu && (other.actor === event.actor || other.kind === 'operation');
}

/** Hardware works before the access that it works for: that is the next of the CPU to the page. */
function ofAccess(events: TrailEvents, event: TrailEvent): CauseOfEvent | null {
  const { seq, cpu, page } = event;
  const next = events.firstAfter(
    seq + 1,
    ['write', 'read'],
    (other) => other.cpu === cpu && (page < 0 || other.page === page),
    seq + NEAR,
  );
  return next === null ? null : { event: next, so: 'which needed this first' };
}

/** What set D in the entry that loses it now. */
function dirtier(events: TrailEvents, event: TrailEvent): CauseOfEvent | null {
  return last(
    events,
    event,
    ['pte'],
    (other) => {
      if (!entryCovers(events, other, event.space, event.page)) return false;
      const { before, after } = events.entryFlags(other);
      return (after & ~before & PTE_DIRTY) !== 0;
    },
    'and that D was collected',
  );
}

function changedEntries(events: TrailEvents, event: TrailEvent): CauseOfEvent | null {
  return last(
    events,
    event,
    ['pte'],
    (other) => {
      if (other.actor !== event.actor || !covers(event, other.space, other.page)) return false;
      const { before, after } = events.entryFlags(other);
      return (before & ~after & (PTE_PRESENT | PTE_WRITABLE | PTE_DIRTY)) !== 0;
    },
    'and a CPU may have it cached as it was',
  );
}

/** The mark by which a page was found. */
function marked(events: TrailEvents, event: TrailEvent): CauseOfEvent | null {
  const pte = carrierCode('pte-dirty');
  return last(
    events,
    event,
    ['mark', 'pte'],
    (other) => {
      if (other.kind === 'mark')
        return other.fields['value'] === 1 && other.fields['carrier'] !== pte && overlaps(other, event);
      if (other.space !== event.space || !covers(event, other.space, other.page)) return false;
      const { before, after } = entryMarks(events, other);
      return (after & ~before) !== 0;
    },
    'and the consumer found it by that',
  );
}

function last(
  events: TrailEvents,
  { seq }: TrailEvent,
  kinds: readonly KindName[],
  wanted: (event: TrailEvent) => boolean,
  so: string,
): CauseOfEvent | null {
  const event = events.lastBefore(seq - 1, kinds, wanted);
  return event === null ? null : { event, so };
}

function overlaps(a: TrailEvent, b: TrailEvent): boolean {
  return a.space === b.space && a.page < b.page + b.pages && b.page < a.page + a.pages;
}

function isSameRange(a: TrailEvent, b: TrailEvent): boolean {
  return a.space === b.space && a.page === b.page && a.pages === b.pages;
}

function isHarvest({ kind, fields }: TrailEvent): boolean {
  return kind === 'operation' && OPERATIONS[fields['operation']!] === 'harvest';
}
