/**
 * Columns of views over events. Most are derived from the definitions of the events, so that unit and meaning are written
 * down once.
 */
import { formatAddress } from '../../base/index.js';
import type { EventBatch } from '../batch.js';
import { EVENT_BY_CODE, type EventDefinition } from '../events/index.js';
import type { TrailMeta } from '../meta.js';
import { ENUMERATIONS } from '../vocabulary.js';
import type { Cell, ViewColumn } from './define.js';

/** A column and how to read it from row `i` of a batch. */
export interface EventColumn extends ViewColumn {
  read(batch: EventBatch, i: number, meta: TrailMeta): Cell;
}

export const SEQ: EventColumn = {
  name: 'seq',
  unit: 'position',
  about: 'position in the trail, from 1',
  read: (batch, i) => batch.firstSeq + batch.row[i]!,
};

export const PAGE: EventColumn = {
  name: 'page',
  unit: 'page',
  about: 'page number (address / 4096); the first page where the event speaks of a range',
  read: (batch, i) => (batch.page[i]! < 0 ? null : batch.page[i]!),
};

export const KIND: EventColumn = {
  name: 'kind',
  unit: 'text',
  about: 'event kind',
  read: (batch, i) => EVENT_BY_CODE[batch.kind[i]!]!.kind,
};

/** The columns that every view over events begins with. */
export const COMMON: readonly EventColumn[] = [
  SEQ,
  {
    name: 'time_ns',
    unit: 'ns',
    about: 'simulated time',
    read: (batch, i) => batch.time[i]!,
  },
  {
    name: 'cpu',
    unit: 'cpu',
    about: 'CPU, -1 for a device',
    read: (batch, i) => batch.cpu[i]!,
  },
  {
    name: 'actor',
    unit: 'text',
    about: 'who did it: a program thread, a kernel thread, a device',
    read: (batch, i, meta) => meta.actors[batch.actor[i]!] ?? `actor ${batch.actor[i]!}`,
  },
  {
    name: 'space',
    unit: 'space',
    about: 'address space, 0 where there is only one',
    read: (batch, i) => batch.space[i]!,
  },
  {
    name: 'step',
    unit: 'text',
    about: 'step of the strategy it belongs to, empty for none',
    read: (batch, i, meta) => meta.steps[batch.step[i]!] ?? `step ${batch.step[i]!}`,
  },
];

/** The exact 64-bit address of an access. */
export function addressColumn(access: EventDefinition<'offset'>): EventColumn {
  const { offset } = access.slot;
  return {
    name: 'address',
    unit: '0x-hex text',
    about: 'address of the first byte, exact',
    read: (batch, i) => formatAddress(Math.max(0, batch.page[i]!), batch.slots[offset]![i]!),
  };
}

/** Bit of a field as 0 or 1. */
export function flagColumn(name: string, about: string, slotOf: SlotOf, bit: number): EventColumn {
  return {
    name,
    unit: 'flag',
    about,
    read: (batch, i) => {
      const slot = slotOf[batch.kind[i]!]!;
      return slot < 0 ? null : batch.slots[slot]![i]! & bit ? 1 : 0;
    },
  };
}

/** Slot of a field by event code; -1 for kinds without it. */
export type SlotOf = readonly number[];

export function slotsOf(kinds: readonly EventDefinition[], field: string): SlotOf {
  const slots = Array.from({ length: 32 }, () => -1);
  for (const { code, slot } of kinds) slots[code] = slot[field] ?? -1;
  return slots;
}

/**
 * A field as a column: a number as it is, an enumeration by its word; NULL for kinds that lack it.
 * @param name with the unit last
 */
export function fieldColumn(kinds: readonly EventDefinition[], field: string, name: string): EventColumn {
  const owner = kinds.find((kind) => field in kind.fields);
  if (owner === undefined) throw new RangeError(`no kind has a field '${field}'`);
  const { unit, about } = owner.fields[field]!;
  const slots = slotsOf(kinds, field);
  const words = ENUMERATIONS[unit];
  const lacking = kinds.filter((kind) => !(field in kind.fields)).map(({ kind }) => kind);
  return {
    name,
    unit: words === undefined ? unit : 'text',
    about: about + (lacking.length === 0 ? '' : `; NULL for ${lacking.join(', ')}`),
    read: (batch, i) => {
      const slot = slots[batch.kind[i]!]!;
      if (slot < 0) return null;
      const value = batch.slots[slot]![i]!;
      return words === undefined ? value : (words[value] ?? String(value));
    },
  };
}
