/**
 * Why an event happened, as one would find it by hand: for each kind, what to look for, and then going through the events one by one from there. What a
 * CPU has cached is followed from the first event on.
 */
import { PAGES_PER_TABLE } from '../base/index.js';
import {
  CARRIERS,
  EVICT_REASONS,
  FAULT_HANDLERS,
  FLUSH_SCOPES,
  OPERATIONS,
  PTE_CAUSES,
  PTE_DIRTY,
  PTE_HUGE,
  PTE_PRESENT,
  PTE_SOFT_DIRTY,
  PTE_UFFD_WP,
  PTE_WRITABLE,
  pteLayout,
  TLB_HUGE,
} from '../traces/index.js';
import { type PlainEvent, type PlainTrail, speaksOf } from './plain-trail.js';

/** Links of a chain, the event itself among them. */
const LINKS_MAX = 8;
/** How far what begins something may be from what comes of it. */
const NEAR = 4096;
const ACCESSES = ['write', 'read'];
const BEGINNINGS = ['fault', 'operation', 'harvest-begin', 'harvest-end', 'exit', ...ACCESSES];

type Is = (event: PlainEvent) => boolean;

export class PlainCauses {
  readonly #trail: PlainTrail;

  constructor(trail: PlainTrail) {
    this.#trail = trail;
  }

  /** The events of the chain, in order. */
  chainOf(seq: number): number[] {
    const event = this.#trail.at(seq);
    const links = [seq];
    for (let at: PlainEvent | null = event; links.length < LINKS_MAX; ) {
      at = this.#causeOf(at);
      if (at === null || links.includes(at.seq)) break;
      links.push(at.seq);
    }
    if (event.kind === 'write') {
      const read = this.#next(seq, ['transfer'], (one) => speaksOf(one, event.space, event.page));
      const fill = event.cpu < 0 ? null : this.#filledBy(event);
      links.push(...[read, fill].flatMap((one) => one?.seq ?? []));
    }
    return links.sort((a, b) => a - b);
  }

  #causeOf(event: PlainEvent): PlainEvent | null {
    const { seq, cpu, space, page, actor, fields } = event;
    const aboutPage: Is = (one) => speaksOf(one, space, page);
    const ofCpu: Is = (one) => one.cpu === cpu;
    switch (event.kind) {
      case 'write':
      case 'read':
      case 'operation':
      case 'gap':
      case 'note':
        return null;
      case 'tlb-fill':
        return this.#lost(event) ?? this.#access(event);
      case 'tlb-evict':
        return EVICT_REASONS[fields['reason']!] === 'fault' ? this.#before(seq, ['fault', 'exit'], ofCpu) : null;
      case 'tlb-update':
        return this.#before(seq, ['pte'], (one) => this.#isEntry(one, space, page) && ofCpu(one));
      case 'fault': {
        if (FAULT_HANDLERS[fields['handler']!] === 'spurious') {
          const given = this.#before(seq, ['pte'], (one) => this.#isEntry(one, space, page));
          if (given !== null) return given;
        }
        const present = (fields['error']! & 1) !== 0;
        const missing = present ? PTE_WRITABLE | PTE_DIRTY : PTE_PRESENT;
        const taken = this.#before(seq, ['pte', 'map'], (one) => {
          if (one.kind === 'map') return aboutPage(one);
          if (!this.#isEntry(one, space, page)) return false;
          const [before, after] = this.#flags(one);
          // It came into memory without them, or they were taken.
          return (before & ~after & missing) !== 0 || (present && !(before & PTE_PRESENT) && !(after & missing));
        });
        return taken ?? this.#access(event);
      }
      case 'pte': {
        const cause = PTE_CAUSES[fields['cause']!]!;
        if (cause === 'walker') return this.#access(event) ?? this.#around(event);
        if (cause === 'fault' || cause === 'monitor')
          return this.#before(seq, ['fault', 'exit'], ofCpu) ?? this.#around(event);
        const [before, after] = this.#flags(event);
        const set = (one: PlainEvent) => {
          const [was, is] = this.#flags(one);
          return this.#isEntry(one, space, page) && (is & ~was & PTE_DIRTY) !== 0;
        };
        const dirtier = before & ~after & PTE_DIRTY ? this.#before(seq, ['pte'], set) : null;
        return dirtier ?? this.#around(event) ?? (cause === 'map' ? this.#access(event) : null);
      }
      case 'flush-queue':
        return this.#changed(event) ?? this.#around(event);
      case 'flush-send':
        return (
          this.#before(seq, ['flush-queue'], (one) => one.actor === actor && isSameRange(one, event)) ??
          this.#changed(event) ??
          this.#around(event)
        );
      case 'flush-ack':
        return (
          this.#before(
            seq,
            ['flush-send'],
            (one) => isSameRange(one, event) && one.fields['reason'] === fields['reason'],
          ) ?? this.#around(event)
        );
      case 'mark':
        return fields['value'] === 0
          ? this.#before(
              seq,
              ['mark'],
              (one) => one.fields['value'] === 1 && one.fields['carrier'] === fields['carrier'] && overlap(one, event),
            )
          : (this.#remembered(event) ?? this.#around(event));
      case 'report':
        return this.#marked(event) ?? this.#around(event);
      case 'transfer':
        return (
          this.#before(seq, ['report'], (one) => overlap(one, event)) ?? this.#marked(event) ?? this.#around(event)
        );
      case 'harvest-begin':
        return this.#before(
          seq,
          ['write', 'operation'],
          (one) => one.kind === 'write' || OPERATIONS[one.fields['operation']!] === 'harvest',
        );
      case 'harvest-end':
        return this.#before(seq, ['harvest-begin'], (one) => one.fields['harvest'] === fields['harvest']);
      case 'unlock':
        return this.#before(
          seq,
          ['lock'],
          (one) => one.actor === actor && one.page === page && one.fields['lock'] === fields['lock'],
        );
      case 'lock':
        return this.#around(event) ?? this.#access({ ...event, page: -1 });
      case 'map':
        return this.#access(event) ?? this.#around(event);
      default:
        return this.#around(event);
    }
  }

  /** What took away what the CPU had of the page, if it has nothing now and had something once. */
  #lost({ seq, cpu, space, page }: PlainEvent): PlainEvent | null {
    let slot = -1;
    let lost: PlainEvent | null = null;
    for (let at = 1; at < seq; at++) {
      const kind = this.#trail.kindAt(at);
      if (kind !== 'tlb-fill' && kind !== 'tlb-evict' && kind !== 'flush-ack') continue;
      const event = this.#trail.at(at);
      if (event.cpu !== cpu) continue;
      if (kind === 'tlb-fill' && event.space === space && event.page === page) {
        slot = event.fields['slot']!;
        lost = null;
        continue;
      }
      if (slot < 0) continue;
      if (kind === 'flush-ack' ? !forgets(event, space, page) : event.fields['slot'] !== slot) continue;
      slot = -1;
      lost = event;
    }
    return lost;
  }

  /** Who filled what the write went through. */
  #filledBy({ seq, cpu, space, page }: PlainEvent): PlainEvent | null {
    return this.#before(seq, ['tlb-fill'], (one) => {
      if (one.cpu !== cpu || one.space !== space) return false;
      return one.page === page || (one.page === headOf(page) && (one.fields['flags']! & TLB_HUGE) !== 0);
    });
  }

  /** What a mark was set for: an entry, a mark or an access that said so just before. */
  #remembered(event: PlainEvent): PlainEvent | null {
    const { seq, cpu, space, page, actor } = event;
    const found = this.#before(seq, ['pte', 'mark', 'fault', 'exit', 'write', 'operation'], (one) => {
      if (one.kind === 'operation') return one.cpu === cpu;
      if (one.kind === 'mark') return one.fields['value'] === 0 && one.actor === actor && overlap(one, event);
      if (one.kind !== 'pte') return one.cpu === cpu && speaksOf(one, space, page);
      const [before, after] = this.#flags(one);
      return this.#isEntry(one, space, page) && ((before ^ after) & (PTE_DIRTY | PTE_WRITABLE)) !== 0;
    });
    return found !== null && found.seq >= seq - NEAR ? found : null;
  }

  /** What said that the pages of a report are dirty. */
  #marked(event: PlainEvent): PlainEvent | null {
    const { carriers, spaces } = this.#trail.meta;
    const read: readonly string[] = spaces[event.space]?.carriers ?? carriers;
    const says = (flags: number) =>
      (flags & PTE_PRESENT) === 0
        ? []
        : [
            ...(flags & PTE_DIRTY ? ['pte-dirty'] : []),
            ...(flags & PTE_SOFT_DIRTY ? ['soft-dirty'] : []),
            ...(flags & PTE_UFFD_WP ? [] : ['uffd-wp']),
          ].filter((carrier) => read.includes(carrier));
    return this.#before(event.seq, ['mark', 'pte'], (one) => {
      if (one.kind === 'mark')
        return one.fields['value'] === 1 && CARRIERS[one.fields['carrier']!] !== 'pte-dirty' && overlap(one, event);
      if (!speaksOf(event, one.space, one.page)) return false;
      const [before, after] = this.#flags(one).map(says);
      return after!.some((carrier) => !before!.includes(carrier));
    });
  }

  /** The change of an entry for which a flush is owed. */
  #changed(event: PlainEvent): PlainEvent | null {
    return this.#before(event.seq, ['pte'], (one) => {
      const [before, after] = this.#flags(one);
      return (
        one.actor === event.actor &&
        speaksOf(event, one.space, one.page) &&
        (before & ~after & (PTE_PRESENT | PTE_WRITABLE | PTE_DIRTY)) !== 0
      );
    });
  }

  /** The access that hardware works for: the next of the CPU to the page. */
  #access({ seq, cpu, page }: PlainEvent): PlainEvent | null {
    const found = this.#next(seq, ACCESSES, (one) => one.cpu === cpu && (page < 0 || one.page === page));
    return found !== null && found.seq <= seq + NEAR ? found : null;
  }

  /** The fault, operation, round or exit that the event is part of. */
  #around({ seq, cpu, actor }: PlainEvent): PlainEvent | null {
    const found = this.#before(seq, BEGINNINGS, (one) =>
      one.kind.startsWith('harvest')
        ? one.actor === actor
        : one.cpu === cpu && (one.actor === actor || one.kind === 'operation'),
    );
    if (found === null || found.seq < seq - NEAR) return null;
    return found.kind === 'harvest-end' || ACCESSES.includes(found.kind) ? null : found;
  }

  #before(seq: number, kinds: readonly string[], is: Is): PlainEvent | null {
    for (let at = seq - 1; at >= 1; at--) {
      if (!kinds.includes(this.#trail.kindAt(at))) continue;
      const event = this.#trail.at(at);
      if (is(event)) return event;
    }
    return null;
  }

  #next(seq: number, kinds: readonly string[], is: Is): PlainEvent | null {
    for (let at = seq + 1; at <= this.#trail.events; at++) {
      if (!kinds.includes(this.#trail.kindAt(at))) continue;
      const event = this.#trail.at(at);
      if (is(event)) return event;
    }
    return null;
  }

  #isEntry(event: PlainEvent, space: number, page: number): boolean {
    if (event.space !== space) return false;
    return event.page === page || (event.page === headOf(page) && this.#flags(event).some((flags) => flags & PTE_HUGE));
  }

  #flags({ space, fields }: PlainEvent): [number, number] {
    const layout = pteLayout(this.#trail.meta.spaces[space]!.layout);
    return [layout.flags(fields['oldLow']!, fields['oldHigh']!), layout.flags(fields['newLow']!, fields['newHigh']!)];
  }
}

function headOf(page: number): number {
  return page - (page % PAGES_PER_TABLE);
}

function forgets(event: PlainEvent, space: number, page: number): boolean {
  const scope = FLUSH_SCOPES[event.fields['scope']!];
  return scope === 'all' || (event.space === space && (scope === 'space' || speaksOf(event, space, page)));
}

function isSameRange(a: PlainEvent, b: PlainEvent): boolean {
  return a.space === b.space && a.page === b.page && a.pages === b.pages;
}

function overlap(a: PlainEvent, b: PlainEvent): boolean {
  return a.space === b.space && a.page < b.page + b.pages && b.page < a.page + a.pages;
}
