/**
 * Whether an event belongs to the history of a page, its entry or a carrier, and what it did there in words. Nothing of the state is
 * needed for that: an event says itself what it is about. (What a TLB holds is another matter: see `tlb-life.ts`.)
 */
import { formatPage } from '../../base/index.js';
import {
  carrierCode,
  EVENT_KINDS,
  frameMove,
  fieldsOf,
  map,
  mark,
  pte,
  PTE_DIRTY,
  PTE_HUGE,
  PTE_PRESENT,
  PTE_SOFT_DIRTY,
  PTE_UFFD_WP,
  TLB_HUGE,
  tlbFill,
  tlbUpdate,
  transfer,
  unmap,
  write,
  type Carrier,
  type EventBatch,
  type PteLayout,
  type Selection,
  type Topic,
} from '../../traces/index.js';
import { headOf } from '../cached-page.js';
import { touches } from '../touches.js';
import type { CarrierSubject, PageSubject, PteSubject } from './subject.js';

/** A history that is found event by event. */
export interface Touch {
  /** Kinds that can belong to it, and the fields that tell whether they do. */
  readonly fields: Selection;
  /** The same for the page index. */
  readonly topic: Topic;
  /** Whether the event in that row belongs to it. */
  matches(batch: EventBatch, row: number): boolean;
  /** What the event did: the subject before and after it. */
  words(batch: EventBatch, row: number): readonly [before: string, after: string];
}

const NO_WORDS = ['', ''] as const;
const ENTRY = ['oldLow', 'oldHigh', 'newLow', 'newHigh'];
/** Every kind that speaks of pages: how many, and whether it is about a huge entry. */
const PAGE_FIELDS = fieldsOf(
  Object.fromEntries(
    EVENT_KINDS.filter(({ hasPage }) => hasPage).map(({ kind, fields }) => [kind, 'pages' in fields ? ['pages'] : []]),
  ) as Parameters<typeof fieldsOf>[0],
);
const TOUCH_FIELDS = mergedFields(
  PAGE_FIELDS,
  fieldsOf({ pte: ENTRY, 'tlb-fill': ['flags'], 'tlb-update': ['flags'], 'frame-move': ['oldFrame', 'newFrame'] }),
);
const PTE_FIELDS = fieldsOf({ pte: ENTRY });
const MARK = ['carrier', 'pages', 'value'];
const ENTRY_CARRIER_FIELDS = fieldsOf({ pte: ENTRY, mark: MARK });
/** Carriers that are bits of the entry. */
const ENTRY_CARRIERS: Partial<Record<Carrier, number>> = {
  'pte-dirty': PTE_DIRTY,
  'soft-dirty': PTE_SOFT_DIRTY,
  'uffd-wp': PTE_UFFD_WP,
};

export function touchOf(
  subject: PageSubject | PteSubject | CarrierSubject,
  layoutOf: (space: number) => PteLayout,
): Touch {
  switch (subject.kind) {
    case 'page':
      return new PageTouch(subject, layoutOf(subject.space));
    case 'pte':
      return new PteTouch(subject, layoutOf(subject.space));
    case 'carrier':
      return carrierTouch(subject, layoutOf(subject.space));
  }
}

function carrierTouch(subject: CarrierSubject, layout: PteLayout): Touch {
  const bit = ENTRY_CARRIERS[subject.carrier];
  // A page that is not mapped carries nothing, so P belongs to the history of every bit of the entry.
  if (bit !== undefined) return new EntryCarrierTouch(subject, layout, bit);
  if (subject.carrier === 'mapped') return new KindTouch(subject, [map, unmap], 'mapped', 'not mapped');
  if (subject.carrier === 'shadow-copy') return new KindTouch(subject, [write, transfer], 'differs', 'equal');
  return new MarkTouch(subject);
}

class PageTouch implements Touch {
  readonly fields: Selection = TOUCH_FIELDS;
  readonly topic: Topic = TOUCH_FIELDS;
  protected readonly layout: PteLayout;
  readonly #space: number;
  readonly #page: number;
  readonly #head: number;

  constructor({ space, page }: { readonly space: number; readonly page: number }, layout: PteLayout) {
    this.layout = layout;
    this.#space = space;
    this.#page = page;
    this.#head = headOf(page);
  }

  matches(batch: EventBatch, row: number): boolean {
    if (batch.space[row] !== this.#space) return false;
    if (touches(batch, row, this.#page, this.#page)) return true;
    return batch.page[row] === this.#head && this.#isHuge(batch, row);
  }

  words(batch: EventBatch, row: number): readonly [string, string] {
    const { slots } = batch;
    switch (batch.kind[row]) {
      case pte.code:
        return [
          this.layout.describe(slots[pte.slot.oldLow]![row]!, slots[pte.slot.oldHigh]![row]!),
          this.layout.describe(slots[pte.slot.newLow]![row]!, slots[pte.slot.newHigh]![row]!),
        ];
      case frameMove.code:
        return [
          `frame ${formatPage(slots[frameMove.slot.oldFrame]![row]!)}`,
          `frame ${formatPage(slots[frameMove.slot.newFrame]![row]!)}`,
        ];
      default:
        return NO_WORDS;
    }
  }

  protected oldFlags({ slots }: EventBatch, row: number): number {
    return this.layout.flags(slots[pte.slot.oldLow]![row]!, slots[pte.slot.oldHigh]![row]!);
  }

  protected newFlags({ slots }: EventBatch, row: number): number {
    return this.layout.flags(slots[pte.slot.newLow]![row]!, slots[pte.slot.newHigh]![row]!);
  }

  /** Whether the event is about a huge entry, which governs all pages of its table. */
  #isHuge(batch: EventBatch, row: number): boolean {
    switch (batch.kind[row]) {
      case pte.code:
        return ((this.oldFlags(batch, row) | this.newFlags(batch, row)) & PTE_HUGE) !== 0;
      case tlbFill.code:
        return (batch.slots[tlbFill.slot.flags]![row]! & TLB_HUGE) !== 0;
      case tlbUpdate.code:
        return (batch.slots[tlbUpdate.slot.flags]![row]! & TLB_HUGE) !== 0;
      default:
        return false;
    }
  }
}

/** The entry: any change, or one of certain flags. */
class PteTouch extends PageTouch {
  override readonly fields = PTE_FIELDS;
  override readonly topic: Topic;
  readonly #flags: number;

  constructor(subject: PteSubject, layout: PteLayout) {
    super(subject, layout);
    this.#flags = subject.flags ?? 0;
    this.topic = { kinds: PTE_FIELDS.kinds, ...(this.#flags !== 0 && { flags: this.#flags }) };
  }

  override matches(batch: EventBatch, row: number): boolean {
    if (!super.matches(batch, row)) return false;
    return this.#flags === 0 || ((this.oldFlags(batch, row) ^ this.newFlags(batch, row)) & this.#flags) !== 0;
  }
}

/**
 * A carrier that is a bit of the entry: set where the entry is present and has it (or lacks it, for uffd-wp). Of a page whose entry was taken out, a
 * swap entry may remember it: that is a mark.
 */
class EntryCarrierTouch extends PageTouch {
  override readonly fields = ENTRY_CARRIER_FIELDS;
  override readonly topic: Topic;
  readonly #bit: number;
  readonly #remembered: MarkTouch;

  constructor(subject: CarrierSubject, layout: PteLayout, bit: number) {
    super(subject, layout);
    this.#bit = bit;
    this.#remembered = new MarkTouch(subject);
    this.topic = { ...this.#remembered.topic, kinds: ENTRY_CARRIER_FIELDS.kinds, flags: bit | PTE_PRESENT };
  }

  override matches(batch: EventBatch, row: number): boolean {
    if (batch.kind[row] !== pte.code) return this.#remembered.matches(batch, row);
    return (
      super.matches(batch, row) && this.#isSet(this.oldFlags(batch, row)) !== this.#isSet(this.newFlags(batch, row))
    );
  }

  override words(batch: EventBatch, row: number): readonly [string, string] {
    if (batch.kind[row] !== pte.code) return this.#remembered.words(batch, row);
    return [setWord(this.#isSet(this.oldFlags(batch, row))), setWord(this.#isSet(this.newFlags(batch, row)))];
  }

  #isSet(flags: number): boolean {
    return (flags & PTE_PRESENT) !== 0 && ((flags & this.#bit) !== 0) !== (this.#bit === PTE_UFFD_WP);
  }
}

/** A carrier that mark events set and clear; giving the page up clears it too. */
class MarkTouch implements Touch {
  readonly fields = fieldsOf({ mark: MARK, unmap: [] });
  readonly topic: Topic;
  readonly #carrier: number;
  readonly #subject: CarrierSubject;

  constructor(subject: CarrierSubject) {
    this.#subject = subject;
    this.#carrier = carrierCode(subject.carrier);
    this.topic = { kinds: this.fields.kinds, carrier: this.#carrier };
  }

  matches(batch: EventBatch, row: number): boolean {
    const { space, page } = this.#subject;
    if (batch.space[row] !== space || !touches(batch, row, page, page)) return false;
    return batch.kind[row] === unmap.code || batch.slots[mark.slot.carrier]![row] === this.#carrier;
  }

  words(batch: EventBatch, row: number): readonly [string, string] {
    return ['', setWord(batch.kind[row] === mark.code && batch.slots[mark.slot.value]![row] !== 0)];
  }
}

/** A carrier that two kinds of events speak of: the first sets it, the second clears it. */
class KindTouch implements Touch {
  readonly fields: Selection;
  readonly topic: Topic;
  readonly #subject: CarrierSubject;
  readonly #sets: number;
  readonly #words: readonly [set: string, cleared: string];

  constructor(
    subject: CarrierSubject,
    [sets, clears]: ReadonlyArray<{ readonly code: number }>,
    set: string,
    cleared: string,
  ) {
    this.fields = { ...PAGE_FIELDS, kinds: (1 << sets!.code) | (1 << clears!.code) };
    this.topic = { kinds: this.fields.kinds };
    this.#subject = subject;
    this.#sets = sets!.code;
    this.#words = [set, cleared];
  }

  matches(batch: EventBatch, row: number): boolean {
    const { space, page } = this.#subject;
    return batch.space[row] === space && touches(batch, row, page, page);
  }

  words(batch: EventBatch, row: number): readonly [string, string] {
    return ['', this.#words[batch.kind[row] === this.#sets ? 0 : 1]];
  }
}

function setWord(isSet: boolean): string {
  return isSet ? 'set' : 'clear';
}

function mergedFields(a: Selection, b: Selection): Selection {
  return { ...a, kinds: a.kinds | b.kinds, slots: a.slots.map((slots, code) => slots | b.slots[code]!) };
}
