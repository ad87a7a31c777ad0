/**
 * What the columns of an event kind are, derived from its definition: the common columns, then the fields in slot order.
 * An access (a kind with an offset and a program time) joins page and offset in one address column and times by lag.
 */
import { PAGE_LIMIT } from '../../base/index.js';
import { EVENT_BY_CODE, EVENT_KINDS, type EventDefinition } from '../events/index.js';

/** The common columns, in the order in which they stand before the fields. */
export const COLUMN_TIME = 0;
export const COLUMN_CPU = 1;
export const COLUMN_ACTOR = 2;
export const COLUMN_SPACE = 3;
export const COLUMN_STEP = 4;
export const COLUMN_PAGE = 5;
export const COMMON_COLUMNS = 6;

/** Kinds have codes below this; 0 stands for the kind stream. */
export const KIND_CODES = 32;

export interface KindShape {
  readonly definition: EventDefinition;
  /** Common columns and fields. */
  readonly columns: number;
  /** Those it has had from the first: columns of fields that a later version appended may be missing, and read as 0. */
  readonly columnsAtLeast: number;
  /** By slot: whether neighbours resemble each other. */
  readonly alike: readonly boolean[];
  /** By slot: the slot of the field that its values are stored as differences to; -1 for none. */
  readonly against: readonly number[];
  /** Slots of offset and program time of an access; -1 for other kinds. */
  readonly offsetSlot: number;
  readonly programSlot: number;
}

/** By code; undefined for codes this version does not know. */
export const KIND_SHAPES: ReadonlyArray<KindShape | undefined> = Array.from(EVENT_BY_CODE, (definition) => {
  if (definition === undefined) return undefined;
  const fields = Object.values(definition.fields);
  return {
    definition,
    columns: COMMON_COLUMNS + fields.length,
    columnsAtLeast: COMMON_COLUMNS + fields.filter(({ since = definition.since }) => since <= definition.since).length,
    alike: fields.map((field) => field.coding !== 'plain'),
    against: fields.map(({ against }) => (against === undefined ? -1 : definition.slot[against]!)),
    offsetSlot: definition.slot['offset'] ?? -1,
    programSlot: fields.findIndex((field) => field.coding === 'program-time'),
  };
});

/** Bounds of the common columns, as decoded values must respect them. */
export const COLUMN_BOUNDS: ReadonlyArray<readonly [least: number, most: number]> = [
  [0, Number.MAX_SAFE_INTEGER],
  [-1, 0x7fff],
  [0, 0xffff],
  [0, 0xffff],
  [0, 0xffff],
  [-1, PAGE_LIMIT - 1],
];

/** Bounds of a field's values. */
export const FIELD_BOUNDS: readonly [least: number, most: number] = [0, 2 ** 53];

/** Bounds of a difference of two fields. */
export const CHANGE_BOUNDS: readonly [least: number, most: number] = [-(2 ** 53), 2 ** 53];

/** Every kind. */
export const ALL_KINDS = 0xffff_ffff;

/** The mask of a set of kinds by their words: bit c for event code c. */
export function kindMask(...kinds: ReadonlyArray<(typeof EVENT_KINDS)[number]['kind']>): number {
  return EVENT_KINDS.reduce((mask, { kind, code }) => (kinds.includes(kind) ? mask | (1 << code) : mask), 0) >>> 0;
}
