import { nearest, UsageError } from '../../base/index.js';
import { EVENT_BY_CODE, EVENT_KINDS } from '../events/index.js';
import { ENUMERATIONS } from '../vocabulary.js';
import { integerArgument, SEQ_FROM, SEQ_TO } from './arguments.js';
import { COMMON, type EventColumn, fieldColumn, KIND, PAGE } from './columns.js';
import type { Cell } from './define.js';
import { eventFunction, type EventView, eventView, maskOf } from './event-view.js';

const FIELDS: EventColumn = {
  name: 'fields',
  unit: 'JSON text',
  about: "every field of the event by name, enumerations by word: `json_extract(fields, '$.size')`",
  read: (batch, i) => {
    const definition = EVENT_BY_CODE[batch.kind[i]!]!;
    const fields: Record<string, number | string> = {};
    for (const [slot, [name, { unit }]] of Object.entries(definition.fields).entries()) {
      const value = batch.slots[slot]![i]!;
      fields[name] = ENUMERATIONS[unit]?.[value] ?? value;
    }
    return JSON.stringify(fields);
  },
};

const view: EventView = {
  name: 'events',
  about: 'Every event of every kind.',
  example: 'SELECT kind, count(*), sum(cost_ns) FROM events GROUP BY kind',
  kinds: EVENT_KINDS,
  columns: [
    ...COMMON,
    KIND,
    PAGE,
    {
      ...fieldColumn(EVENT_KINDS, 'pages', 'pages'),
      about: 'pages in the range that starts at page; NULL for kinds without a range',
    },
    {
      ...fieldColumn(EVENT_KINDS, 'cost', 'cost_ns'),
      about: 'what it cost the CPU it ran on; NULL for kinds that cost nothing',
    },
    FIELDS,
  ],
};

export const events = eventView(view);

export const eventsIn = eventFunction(
  {
    ...view,
    name: 'events_in',
    example: "SELECT seq, page FROM events_in('*', '*', 'map') LIMIT 5",
    about: 'The rows of `events` within bounds; chunks outside of them are not read.',
  },
  [SEQ_FROM, SEQ_TO, { name: 'of_kind', about: 'event kind, as in the column kind' }],
  ([from, to, kind]) => ({
    seqFrom: integerArgument('events_in', 'seq_from', from),
    seqTo: integerArgument('events_in', 'seq_to', to),
    page: null,
    cpu: null,
    kinds: kindArgument(kind),
  }),
);

function kindArgument(kind: Cell | undefined): number {
  if (kind === null || kind === undefined) return maskOf(EVENT_KINDS);
  const found = EVENT_KINDS.find((candidate) => candidate.kind === kind);
  if (found !== undefined) return maskOf([found]);
  const words: string[] = EVENT_KINDS.map((candidate) => candidate.kind);
  const near = nearest(String(kind), words);
  throw new UsageError({
    what: `there is no event kind '${kind}'`,
    mend: near === null ? `the kinds are ${words.join(', ')}` : `did you mean '${near}'?`,
  });
}
