/**
 * What an event kind is. Each kind is one file beside this one and one line in `index.ts`; codec, SQL, documentation and
 * the round-trip tests are derived from the definition.
 *
 * Every event has the common columns seq, time_ns, cpu, actor, space, step and page (-1 where a kind has none). The fields of a
 * definition are what it has besides; they live in numbered slots of an `EventBatch`, in the order they are written here.
 */

/** How a field's column is coded on disk; every coding is exact, the choice is only about size. */
export type FieldCoding =
  /** Unsigned integers up to 2^53, as they are. */
  | 'plain'
  /** Unsigned integers that resemble the same field of the event before of the same kind. */
  | 'delta'
  /** The program time of an access; see `traces/codec/times.ts`. */
  | 'program-time';

export interface EventField {
  readonly coding: FieldCoding;
  /** Unit, or the enumeration in `traces/vocabulary.ts` that the number indexes. */
  readonly unit: string;
  readonly about: string;
  /** The field of the same event, an earlier one, that it is nearly equal to: on disk is the difference. */
  readonly against?: string;
  /** The format version that appended it to its kind, where that is later than the kind; older trails have 0 in it. */
  readonly since?: number;
}

export interface EventDefinition<Name extends string = string> {
  /** The word in documents, reports and SQL. */
  readonly kind: string;
  /** The number on disk, 1 to 31; never reused once released. */
  readonly code: number;
  /** The format version that introduced it. */
  readonly since: number;
  /** Whether the common column `page` means something. */
  readonly hasPage: boolean;
  /** When it is recorded and what it does to the state at replay. */
  readonly summary: string;
  readonly fields: Readonly<Record<Name, EventField>>;
  /** Slot of each field, for `EventBatch.slots`. */
  readonly slot: Readonly<Record<Name, number>>;
}

/** Most fields a kind may have; the number of slots in an `EventBatch`. */
export const MAX_FIELDS = 6;

export function defineEvent<Name extends string>(
  definition: Omit<EventDefinition<Name>, 'slot'>,
): EventDefinition<Name> {
  const names = Object.keys(definition.fields) as Name[];
  if (names.length > MAX_FIELDS) throw new RangeError(`${definition.kind} has more than ${MAX_FIELDS} fields`);
  const slot = Object.fromEntries(names.map((name, index) => [name, index])) as Record<Name, number>;
  return { ...definition, slot };
}
