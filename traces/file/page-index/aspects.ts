/**
 * What of a page an event speaks of, as the page index tells events apart: finer than by kind, so that a question about one flag of an entry,
 * one carrier or one CPU does not lead to every chunk that says anything of the page.
 */
import type { EventBatch } from '../../batch.js';
import { EVENT_BY_CODE, mark, pte, tlbFill } from '../../events/index.js';
import type { PteLayout } from '../../layouts/index.js';

/** What is asked of the index: kinds, and of certain kinds only some. */
export interface Topic {
  /** Bit c for event code c. */
  readonly kinds: number;
  /** Of `pte` only changes of one of these logical flags; of all where it is left out. */
  readonly flags?: number;
  /** Of `mark` only those of the carrier with this code. */
  readonly carrier?: number;
  /** Of `tlb-fill` only those of this CPU. */
  readonly cpu?: number;
}

/** Aspects by bit. On disk. */
const ACCESS = 1 << 0;
const TLB_CHANGE = 1 << 1;
const ENTRY = 1 << 2;
/** Eight, by logical flag (`traces/layouts/define.ts`). */
const FLAGS_AT = 3;
const MAP = 1 << 11;
const UNMAP = 1 << 12;
const TOLD = 1 << 13;
const OTHER = 1 << 14;
/** Eight, by carrier modulo 8. */
const MARKS_AT = 15;
/** Eight, by CPU modulo 8. */
const FILLS_AT = 23;
/** How many there are. */
export const ASPECTS = 31;

const BY_KIND: Readonly<Record<string, number>> = {
  write: ACCESS,
  read: ACCESS,
  'tlb-update': TLB_CHANGE,
  'tlb-evict': TLB_CHANGE,
  pte: ENTRY,
  map: MAP,
  unmap: UNMAP,
  report: TOLD,
  transfer: TOLD,
};
const BY_CODE = Uint32Array.from({ length: 32 }, (_, code) => BY_KIND[EVENT_BY_CODE[code]?.kind ?? ''] ?? OTHER);

/** The aspects of the event in that row. */
export function aspectsOfEvent(batch: EventBatch, row: number, layoutOf: (space: number) => PteLayout): number {
  const { slots } = batch;
  const code = batch.kind[row]!;
  switch (code) {
    case pte.code: {
      const layout = layoutOf(batch.space[row]!);
      const before = layout.flags(slots[pte.slot.oldLow]![row]!, slots[pte.slot.oldHigh]![row]!);
      const after = layout.flags(slots[pte.slot.newLow]![row]!, slots[pte.slot.newHigh]![row]!);
      return ENTRY | ((before ^ after) << FLAGS_AT);
    }
    case mark.code:
      return 1 << (MARKS_AT + (slots[mark.slot.carrier]![row]! & 7));
    case tlbFill.code:
      return 1 << (FILLS_AT + (batch.cpu[row]! & 7));
    default:
      return BY_CODE[code]!;
  }
}

/** The aspects that a question is about. */
export function aspectsOfTopic({ kinds, flags, carrier, cpu }: Topic): number {
  let aspects = 0;
  for (let code = 1; code < 32; code++) {
    if ((kinds & (1 << code)) === 0) continue;
    if (code === pte.code) aspects |= flags === undefined ? ENTRY : (flags & 0xff) << FLAGS_AT;
    else if (code === mark.code) aspects |= eighth(carrier) << MARKS_AT;
    else if (code === tlbFill.code) aspects |= eighth(cpu) << FILLS_AT;
    else aspects |= BY_CODE[code]!;
  }
  return aspects;
}

const ASPECTS_OF_KIND = Uint32Array.from({ length: 32 }, (_, code) => aspectsOfTopic({ kinds: 1 << code }));

/** The kinds that events of these aspects may be of: bit c for event code c. */
export function kindsOfAspects(aspects: number): number {
  let kinds = 0;
  for (let code = 1; code < 32; code++) if ((ASPECTS_OF_KIND[code]! & aspects) !== 0) kinds |= 1 << code;
  return kinds;
}

/** Aspects that are asked about together, for which the index knows more; all come last. On disk, by position. */
export const FAMILIES: readonly number[] = [
  2 ** ASPECTS - 1,
  ENTRY | (0xff << FLAGS_AT),
  // What clears a mark is an unmap, too.
  (0xff << MARKS_AT) | UNMAP,
  0xff << FILLS_AT,
];

function eighth(number: number | undefined): number {
  return number === undefined ? 0xff : 1 << (number & 7);
}
