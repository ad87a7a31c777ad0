/**
 * What of a chunk is wanted: kinds, and of these the columns. What is not wanted is not decoded, which is most of the work: who folds a
 * chunk needs no times, and of writes only where they went.
 */
import { EVENT_KINDS } from '../events/index.js';
import { ALL_KINDS } from './shape.js';

export interface Selection {
  /** Bit c for event code c. */
  readonly kinds: number;
  /** Whether times are wanted. */
  readonly times: boolean;
  /** Whether each event's actor and step are wanted. */
  readonly who: boolean;
  /** Whether cpu, space and page are. */
  readonly where: boolean;
  /** By event code: bit s for slot s. Columns of fields that are left out hold rubbish. */
  readonly slots: Uint8Array;
}

type Kind = (typeof EVENT_KINDS)[number]['kind'];

/** Everything of some kinds. */
function wholeEvents(kinds: number): Selection {
  return { kinds, times: true, who: true, where: true, slots: new Uint8Array(32).fill(0xff) };
}

/** Certain fields of certain kinds. Throws a `RangeError` for a field that a kind does not have. */
export function fieldsOf(
  fields: Partial<Record<Kind, readonly string[]>>,
  { times = false, who = false }: { readonly times?: boolean; readonly who?: boolean } = {},
): Selection {
  const slots = new Uint8Array(32);
  let kinds = 0;
  for (const { kind, code, slot } of EVENT_KINDS) {
    const names = fields[kind];
    if (names === undefined) continue;
    kinds |= 1 << code;
    for (const name of names) {
      const at = (slot as Record<string, number>)[name];
      if (at === undefined) throw new RangeError(`${kind} has no field ${name}`);
      slots[code]! |= 1 << at;
    }
  }
  return { kinds, times, who, where: true, slots };
}

/** Which kinds of events follow each other, and nothing else of them. */
export function kindsAlone(): Selection {
  return { kinds: ALL_KINDS, times: false, who: false, where: false, slots: new Uint8Array(32) };
}

/** A mask of kinds stands for everything of them. */
export function selectionOf(wanted: number | Selection): Selection {
  if (typeof wanted !== 'number') return wanted;
  return wanted === ALL_KINDS ? EVERYTHING : wholeEvents(wanted);
}

const EVERYTHING = wholeEvents(ALL_KINDS);
