/** `query`: SQL over a trail. Results of any size: small ones are laid out as a table, large ones are streamed. */
import { UsageError } from '../../base/index.js';
import type { Value } from '../../traces/index.js';
import { defineCommand } from '../command.js';
import { csvLine } from '../csv.js';
import type { Output } from '../output.js';
import { type Column, table } from '../table.js';
import { openTrail } from '../trail.js';

interface Options {
  readonly with?: string;
  readonly csv?: boolean;
}

interface Result {
  readonly columns: readonly string[];
  readonly rows: Iterable<readonly Value[]>;
}

/** Rows that are laid out together; what comes after them keeps their widths. */
const LAID_OUT = 1_000;

export const query = defineCommand<Options>({
  name: 'query',
  group: 'Look',
  summary: 'ask in SQL: writes, faults, flushes, harvests, and more',
  about:
    'Runs one SELECT over the views of a trail, which is never changed. `pagetrail list views` names them with their columns; ' +
    'docs/sql.md explains them.',
  examples: [
    {
      line: 'pagetrail query a.trail "select page, count(*) n from writes group by page order by n desc limit 5"',
      about: 'the hottest pages',
    },
    { line: 'pagetrail query a.trail "select * from faults" --csv > faults.csv', about: 'for a spreadsheet' },
    {
      line: 'pagetrail query a.trail --with b.trail "select (select count(*) from faults), (select count(*) from b.faults)"',
      about: 'two trails; the second is schema b',
    },
  ],
  configure(command) {
    command
      .argument('<trail>', 'the trail to ask')
      .argument('<statement>', 'one SELECT, in quotes')
      .option('--with <trail>', 'a second trail, as schema b')
      .option('--csv', 'comma-separated values, with a line of column names');
  },
  async run(context, args, options) {
    if (options.csv === true && context.json) {
      throw new UsageError({
        what: '--csv and --json are both given',
        why: 'an answer has one form',
        mend: 'leave one out',
      });
    }
    const main = await openTrail(context, args[0]!);
    const b = options.with === undefined ? undefined : await openTrail(context, options.with);
    const [{ openQuery }, { ANALYSIS_VIEWS }] = await Promise.all([
      import('../../traces/index.js'),
      import('../../analyzer/index.js'),
    ]);
    const opened = openQuery({ main, ...(b !== undefined && { b }) }, ANALYSIS_VIEWS);
    context.atEnd(() => opened.close());
    const result = opened.iterate(args[1]!);
    return {
      writeJson: (out) => printJson(out, result),
      print: (out) => (options.csv === true ? printCsv(out, result) : printTable(out, result)),
    };
  },
});

/** Hands each row to `print`, until nobody reads any more. */
async function eachRow(
  out: Output,
  rows: Iterable<readonly Value[]>,
  print: (row: readonly Value[]) => void,
): Promise<void> {
  for (const row of rows) {
    print(row);
    if (!out.full) continue;
    await out.flush();
    if (out.closed) return;
  }
}

async function printJson(out: Output, { columns, rows }: Result): Promise<void> {
  out.text(`{"columns":${JSON.stringify(columns)},"rows":[`);
  let separator = '';
  await eachRow(out, rows, (row) => {
    out.text(`${separator}${JSON.stringify(row)}`);
    separator = ',';
  });
  out.line(']}');
}

async function printCsv(out: Output, { columns, rows }: Result): Promise<void> {
  out.line(csvLine(columns));
  await eachRow(out, rows, (row) => out.line(csvLine(row)));
}

async function printTable(out: Output, { columns, rows }: Result): Promise<void> {
  const iterator = rows[Symbol.iterator]();
  const first: Array<readonly Value[]> = [];
  let next = iterator.next();
  for (; next.done !== true && first.length < LAID_OUT; next = iterator.next()) first.push(next.value);
  const layout = columns.map(
    (title, i): Column => ({ title, align: first.some((row) => typeof row[i] === 'string') ? 'left' : 'right' }),
  );
  out.line(
    table(
      layout,
      first.map((row) => row.map(cellText)),
      out.style,
    ),
  );
  if (next.done === true) return;
  const widths = layout.map(({ title }, i) =>
    first.reduce((most, row) => Math.max(most, cellText(row[i]!).length), title.length),
  );
  const padded = (value: Value, i: number): string =>
    layout[i]!.align === 'right' ? cellText(value).padStart(widths[i]!) : cellText(value).padEnd(widths[i]!);
  const rest = { [Symbol.iterator]: () => iterator };
  out.line([...next.value].map(padded).join('  ').trimEnd());
  await eachRow(out, rest, (row) => out.line(row.map(padded).join('  ').trimEnd()));
}

function cellText(value: Value): string {
  return value === null ? '-' : String(value);
}
