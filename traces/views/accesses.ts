import { type EventDefinition, read, write } from '../events/index.js';
import { integerArgument, SEQ_FROM, SEQ_TO } from './arguments.js';
import { addressColumn, COMMON, fieldColumn, PAGE } from './columns.js';
import { eventFunction, type EventView, eventView } from './event-view.js';

function accessView(kind: EventDefinition<'offset'>, name: string, about: string, example: string): EventView {
  const field = fieldColumn.bind(null, [kind]);
  return {
    name,
    about,
    example,
    kinds: [kind],
    columns: [
      ...COMMON,
      PAGE,
      field('offset', 'page_offset'),
      addressColumn(kind),
      field('size', 'size_bytes'),
      field('program', 'program_ns'),
    ],
  };
}

export const writes = eventView(
  accessView(
    write,
    'writes',
    'Every store that reached its frame; one row per page that it touched.',
    'SELECT size_bytes, count(*) FROM writes GROUP BY size_bytes',
  ),
);

export const reads = eventView(
  accessView(
    read,
    'reads',
    'Every load, where loads were recorded (`--reads`).',
    'SELECT count(*) FROM reads WHERE page_offset = 0',
  ),
);

export const writesIn = eventFunction(
  accessView(
    write,
    'writes_in',
    'The rows of `writes` within bounds; chunks outside of them are not read.',
    'SELECT seq, address FROM writes_in(1, 1000) LIMIT 5',
  ),
  [SEQ_FROM, SEQ_TO, { name: 'on_page', about: 'page number' }, { name: 'on_cpu', about: 'CPU' }],
  ([from, to, page, cpu], kinds) => ({
    seqFrom: integerArgument('writes_in', 'seq_from', from),
    seqTo: integerArgument('writes_in', 'seq_to', to),
    page: integerArgument('writes_in', 'on_page', page),
    cpu: integerArgument('writes_in', 'on_cpu', cpu),
    kinds,
  }),
);
