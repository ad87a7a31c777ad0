/** Breakpoints: events of a kind that touch certain pages and meet conditions, each judged by itself. */
import { ALL_KINDS, EVENT_BY_CODE, EVENT_KINDS, type EventBatch, type EventDefinition } from '../../traces/index.js';
import { touches } from '../touches.js';
import type { Comparison, Condition, EventStop } from './stop.js';
import { hasKind, speaksOf, type Watcher } from './watcher.js';

/** Common columns that a condition may name. */
export const COMMON_FIELDS = ['cpu', 'actor', 'space', 'step', 'time'] as const;

const COMPARE: Readonly<Record<Comparison, (a: number, b: number) => boolean>> = {
  '=': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

const BY_NAME = new Map<string, EventDefinition>(EVENT_KINDS.map((definition) => [definition.kind, definition]));

export function eventWatcher({ event, pages, conditions }: EventStop): Watcher {
  const definition = event === null ? undefined : BY_NAME.get(event);
  const tests = conditions.map((condition) => test(condition, definition));
  return {
    kinds: definition === undefined ? ALL_KINDS : 1 << definition.code,
    mayHold: (chunk) =>
      (event === null || hasKind(chunk, [event])) && (pages === null || speaksOf(chunk, pages[0], pages[1])),
    matches(batch, row) {
      if (pages !== null && !touches(batch, row, pages[0], pages[1])) return false;
      for (let i = 0; i < tests.length; i++) if (!tests[i]!(batch, row)) return false;
      return true;
    },
    state: null,
  };
}

function test(
  { field, comparison, value }: Condition,
  definition: EventDefinition | undefined,
): (batch: EventBatch, row: number) => boolean {
  const compare = COMPARE[comparison];
  const common = COMMON_FIELDS.find((name) => name === field);
  if (common !== undefined) return (batch, row) => compare(batch[common][row]!, value);
  // Without a kind, the field of whichever kind has one of that name.
  const slots = Array.from(EVENT_BY_CODE, (kind) =>
    definition === undefined || kind === definition ? (kind?.slot[field] ?? -1) : -1,
  );
  return (batch, row) => {
    const slot = slots[batch.kind[row]!]!;
    return slot >= 0 && compare(batch.slots[slot]![row]!, value);
  };
}
