/**
 * The history of some things, told by looking at every event: whether it speaks of the page, changes the entry, changes what the CPU holds, or sets or
 * clears the mark. What a TLB holds is looked up in the naive fold before and after each event.
 */
import { PAGES_PER_TABLE } from '../base/index.js';
import type { Subject } from '../replayer/index.js';
import type { NaiveFold } from '../replayer/testing/naive-fold.js';
import {
  CARRIERS,
  PTE_DIRTY,
  PTE_HUGE,
  PTE_PRESENT,
  PTE_SOFT_DIRTY,
  PTE_UFFD_WP,
  pteLayout,
  TLB_HUGE,
} from '../traces/index.js';
import { type PlainEvent, speaksOf } from './plain-trail.js';

type Held = NaiveFold['entries'][number];

/** Of an entry: whether it carries the mark. */
const IN_ENTRY: Readonly<Record<string, (flags: number) => boolean>> = {
  'pte-dirty': (flags) => (flags & PTE_PRESENT) !== 0 && (flags & PTE_DIRTY) !== 0,
  'soft-dirty': (flags) => (flags & PTE_PRESENT) !== 0 && (flags & PTE_SOFT_DIRTY) !== 0,
  'uffd-wp': (flags) => (flags & PTE_PRESENT) !== 0 && (flags & PTE_UFFD_WP) === 0,
};

export class PlainHistory {
  /** By subject: every event of its history. */
  readonly changes: number[][];
  readonly #fold: NaiveFold;
  readonly #subjects: readonly Subject[];
  /** Subjects by the page that they are about; most events are about one page. */
  readonly #byPage = new Map<string, number[]>();
  #held: Array<Held | undefined>;

  constructor(fold: NaiveFold, subjects: readonly Subject[]) {
    this.#fold = fold;
    this.#subjects = subjects;
    this.changes = subjects.map(() => []);
    this.#held = subjects.map(() => undefined);
    subjects.forEach(({ space, page }, at) => {
      const key = `${space} ${page}`;
      this.#byPage.set(key, [...(this.#byPage.get(key) ?? []), at]);
    });
  }

  /** @param event which the fold has just applied */
  note(event: PlainEvent): void {
    const ofOnePage = event.kind === 'write' || event.kind === 'read';
    const asked = ofOnePage ? (this.#byPage.get(`${event.space} ${event.page}`) ?? []) : this.#subjects.keys();
    for (const at of asked) if (this.#isOf(event, this.#subjects[at]!, at)) this.changes[at]!.push(event.seq);
  }

  #isOf(event: PlainEvent, subject: Subject, at: number): boolean {
    const { space, page } = subject;
    switch (subject.kind) {
      case 'page':
        return speaksOf(event, space, page) || this.#isOfHuge(event, space, page);
      case 'pte': {
        if (!this.#isEntry(event, space, page)) return false;
        const [before, after] = this.#flags(event);
        return subject.flags === undefined || ((before! ^ after!) & subject.flags) !== 0;
      }
      case 'tlb':
        return this.#isOfTlb(event, subject.cpu, space, page, at);
      case 'carrier':
        return this.#isOfCarrier(event, subject.carrier, space, page);
    }
  }

  #isOfTlb(event: PlainEvent, cpu: number, space: number, page: number, at: number): boolean {
    if (event.cpu !== cpu || !['tlb-fill', 'tlb-update', 'tlb-evict', 'flush-ack'].includes(event.kind)) return false;
    const before = this.#held[at];
    const entries = this.#fold.entries.filter((entry) => entry.cpu === cpu && entry.space === space);
    const now =
      entries.find((entry) => entry.page === page) ??
      entries.find((entry) => entry.flags & TLB_HUGE && entry.page === headOf(page));
    this.#held[at] = now;
    // An update keeps the entry and changes its flags.
    return before !== now || (event.kind === 'tlb-update' && now?.slot === event.fields['slot']);
  }

  #isOfCarrier(event: PlainEvent, carrier: string, space: number, page: number): boolean {
    const inEntry = IN_ENTRY[carrier];
    if (inEntry !== undefined && this.#isEntry(event, space, page)) {
      const [before, after] = this.#flags(event);
      return inEntry(before!) !== inEntry(after!);
    }
    if (!speaksOf(event, space, page)) return false;
    if (carrier === 'mapped') return event.kind === 'map' || event.kind === 'unmap';
    if (carrier === 'shadow-copy') return event.kind === 'write' || event.kind === 'transfer';
    // Of an entry that was taken out, a swap entry may remember what its bits said.
    if (event.kind === 'mark') return CARRIERS[event.fields['carrier']!] === carrier;
    return event.kind === 'unmap' && inEntry === undefined;
  }

  #isEntry(event: PlainEvent, space: number, page: number): boolean {
    return event.kind === 'pte' && (speaksOf(event, space, page) || this.#isOfHuge(event, space, page));
  }

  /** Whether the event is about the huge entry over the page, in memory or in a TLB. */
  #isOfHuge(event: PlainEvent, space: number, page: number): boolean {
    if (event.space !== space || event.page !== headOf(page)) return false;
    if (event.kind === 'pte') return this.#flags(event).some((flags) => flags & PTE_HUGE);
    return (event.kind === 'tlb-fill' || event.kind === 'tlb-update') && (event.fields['flags']! & TLB_HUGE) !== 0;
  }

  #flags({ space, fields }: PlainEvent): number[] {
    const layout = pteLayout(this.#fold.meta.spaces[space]!.layout);
    return [layout.flags(fields['oldLow']!, fields['oldHigh']!), layout.flags(fields['newLow']!, fields['newHigh']!)];
  }
}

function headOf(page: number): number {
  return page - (page % PAGES_PER_TABLE);
}
