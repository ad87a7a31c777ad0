import type { EventBatch } from '../batch.js';
import { pte } from '../events/index.js';
import { PTE_DIRTY, PTE_LAYOUTS, PTE_PRESENT, PTE_WRITABLE, type PteLayout } from '../layouts/index.js';
import type { TrailMeta } from '../meta.js';
import { COMMON, type EventColumn, fieldColumn, PAGE } from './columns.js';
import { eventView } from './event-view.js';

type Side = 'old' | 'new';

const SLOTS: Readonly<Record<Side, readonly [low: number, high: number]>> = {
  old: [pte.slot.oldLow, pte.slot.oldHigh],
  new: [pte.slot.newLow, pte.slot.newHigh],
};

/** The layout of the event's space; undefined for one that this version does not know. */
function layoutOf(batch: EventBatch, i: number, meta: TrailMeta): PteLayout | undefined {
  const id = meta.spaces[batch.space[i]!]?.layout;
  return PTE_LAYOUTS.find((layout) => layout.id === id);
}

function raw(side: Side): EventColumn {
  const [low, high] = SLOTS[side];
  const hex = (value: number) => value.toString(16).padStart(8, '0');
  return {
    name: `${side}_raw`,
    unit: '0x-hex text',
    about: `the 64 bits ${side === 'old' ? 'before' : 'after'}`,
    read: (batch, i) => `0x${hex(batch.slots[high]![i]!)}${hex(batch.slots[low]![i]!)}`,
  };
}

function flag(side: Side, word: string, bit: number): EventColumn {
  const [low, high] = SLOTS[side];
  return {
    name: `${side}_${word}`,
    unit: 'flag',
    about: `${word} ${side === 'old' ? 'before' : 'after'}, as the layout of the space says; NULL for an unknown layout`,
    read: (batch, i, meta) => {
      const layout = layoutOf(batch, i, meta);
      if (layout === undefined) return null;
      return layout.flags(batch.slots[low]![i]!, batch.slots[high]![i]!) & bit ? 1 : 0;
    },
  };
}

const frame: EventColumn = {
  name: 'frame',
  unit: 'frame',
  about: 'frame in the new entry, or in the old one where the new is not present; NULL where neither is',
  read: (batch, i, meta) => {
    const layout = layoutOf(batch, i, meta);
    if (layout === undefined) return null;
    for (const [lowSlot, highSlot] of [SLOTS.new, SLOTS.old]) {
      const [low, high] = [batch.slots[lowSlot]![i]!, batch.slots[highSlot]![i]!];
      if (layout.flags(low, high) & PTE_PRESENT) return layout.frame(low, high);
    }
    return null;
  },
};

const flags = (side: Side) => [
  flag(side, 'present', PTE_PRESENT),
  flag(side, 'writable', PTE_WRITABLE),
  flag(side, 'dirty', PTE_DIRTY),
];

export const pteChanges = eventView({
  name: 'pte_changes',
  about: 'Every change of an in-memory entry.',
  example: 'SELECT seq, cause, new_raw FROM pte_changes WHERE old_dirty = 1 AND new_dirty = 0 LIMIT 5',
  kinds: [pte],
  columns: [
    ...COMMON,
    PAGE,
    fieldColumn([pte], 'cause', 'cause'),
    raw('old'),
    raw('new'),
    ...flags('old'),
    ...flags('new'),
    frame,
    fieldColumn([pte], 'cost', 'cost_ns'),
  ],
});
