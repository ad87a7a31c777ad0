/** `state`: the machine at any point of a trail. */
import { formatPage } from '../../base/index.js';
import type { MachineState } from '../../replayer/index.js';
import { pageNumber, wholeNumber } from '../arguments.js';
import { defineCommand } from '../command.js';
import { count, nanoseconds, wrapped } from '../format.js';
import type { Output } from '../output.js';
import { type Cell, columns, table } from '../table.js';
import { openTrail } from '../trail.js';

interface Options {
  readonly at: string;
  readonly page?: number;
  readonly cpu?: number;
  readonly all?: boolean;
}

/** Rows of each table that people are shown unless they ask for all. */
const ROWS = 20;

export const state = defineCommand<Options>({
  name: 'state',
  group: 'Look',
  summary: 'page tables, TLBs, marks and stale pages at any point',
  about:
    'Shows the recorded machine at a point of the trail: the entry of each page, what each CPU has cached, where dirtiness is ' +
    'remembered, and the stale pages, whose writes the consumer has not read. SEQ means after that event.',
  examples: [
    { line: 'pagetrail state a.trail --at end', about: 'when the run was over' },
    { line: 'pagetrail state a.trail --at harvest:2 --page 0x1fff000', about: 'one page, after the second harvest' },
    { line: 'pagetrail state a.trail --at time:5000000 --cpu 0 --json', about: 'one CPU at 5 ms' },
  ],
  configure(command) {
    command
      .argument('<trail>', 'the trail to look at')
      .requiredOption('--at <position>', 'SEQ, end, harvest:K or time:NS')
      .option('--page <page>', 'this page only', pageNumber('--page'))
      .option('--cpu <cpu>', 'the TLB of this CPU only', wholeNumber('--cpu'))
      .option('--all', `every row, not the first ${ROWS} of each table`);
  },
  async run(context, args, { at, page, cpu, all }) {
    const { parsePosition, Replayer, stateAt } = await import('../../replayer/index.js');
    const position = parsePosition(at);
    const reader = await openTrail(context, args[0]!);
    const filter = { ...(page !== undefined && { page }), ...(cpu !== undefined && { cpu }) };
    // Where there is one address space, a page's state is to be had without that of the others.
    const scope = page === undefined ? null : { space: 0, from: page, to: page + 1 };
    const answer = stateAt(Replayer.open(reader, scope), position, filter);
    return { json: () => answer, print: (out) => print(out, answer, all === true ? Infinity : ROWS) };
  },
});

function print(out: Output, state: MachineState, limit: number): void {
  const { style } = out;
  const several = new Set(state.ptes.map(({ space }) => space)).size > 1;
  const space = (number: number): Cell[] => (several ? [number] : []);
  const spaceTitle = several ? ['space>'] : [];
  const harvesting = state.harvesting ? ', inside a harvest' : '';
  out.line(
    style.bold(`after event ${count(state.seq)}, ${nanoseconds(state.timeNs)}, epoch ${state.epoch}${harvesting}`),
  );
  out.line(`  the consumer reads ${state.reads.join(', ')}`);
  for (const own of state.ownReads)
    out.line(`  that of space ${own.space} reads ${own.reads.length === 0 ? 'nothing' : own.reads.join(', ')}`);
  out.line();

  // Columns that say the same in every row of most trails.
  const memories = new Set(state.ptes.map(({ memory }) => memory)).size > 1;
  const caches = state.ptes.some(({ cached }) => cached > 0);
  const stale = new Set(state.stale);
  section(out, 'pages', state.ptes.length, limit, () =>
    table(
      columns(
        ...spaceTitle,
        'page',
        'frame',
        ...(memories ? ['memory'] : []),
        'raw',
        'bits',
        'generation>',
        'captured>',
        ...(caches ? ['in caches>'] : []),
        '',
      ),
      state.ptes
        .slice(0, limit)
        .map((pte) => [
          ...space(pte.space),
          formatPage(pte.page),
          pte.frame === null ? '-' : formatPage(pte.frame),
          ...(memories ? [pte.memory ?? '-'] : []),
          pte.raw,
          pte.bits,
          count(pte.generation),
          count(pte.captured),
          ...(caches ? [count(pte.cached)] : []),
          pte.generation > pte.captured && stale.has(pte.page) ? style.yellow('stale') : '',
        ]),
      style,
      2,
    ),
  );
  const cpus = [...new Set(state.tlbs.map(({ cpu }) => cpu))];
  for (const cpu of cpus) {
    const entries = state.tlbs.filter((entry) => entry.cpu === cpu);
    const huge = entries.some((entry) => entry.huge);
    section(out, cpu < 0 ? 'TLB of the device' : `TLB of CPU ${cpu}`, entries.length, limit, () =>
      table(
        columns(...spaceTitle, 'page', 'frame', 'W', 'D', ...(huge ? ['2 MiB'] : []), 'slot>', 'asid>'),
        entries
          .slice(0, limit)
          .map((entry) => [
            ...space(entry.space),
            formatPage(entry.page),
            formatPage(entry.frame),
            entry.writable ? 'W' : '-',
            entry.dirty ? 'D' : '-',
            ...(huge ? [entry.huge ? 'H' : '-'] : []),
            entry.slot,
            entry.asid,
          ]),
        style,
        2,
      ),
    );
  }
  if (cpus.length === 0) out.line('TLBs: no entry\n');
  section(out, 'marks', state.marks.length, limit, () =>
    table(
      columns('carrier', ...spaceTitle, 'page'),
      state.marks.slice(0, limit).map((mark) => [mark.carrier, ...space(mark.space), formatPage(mark.page)]),
      style,
      2,
    ),
  );
  if (state.stale.length === 0) {
    out.line(style.green('stale pages: none'));
    return;
  }
  const named = state.stale.slice(0, limit).map(formatPage).join(' ');
  out.line(
    style.yellow(
      wrapped(
        `stale pages (${count(state.stale.length)}): ${named}${state.stale.length > limit ? ' ...' : ''}`,
        out.columns,
        '',
      ),
    ),
  );
}

function section(out: Output, title: string, length: number, limit: number, rows: () => string): void {
  if (length === 0) {
    out.line(`${title}: none\n`);
    return;
  }
  out.line(out.style.bold(`${title} (${count(length)})`));
  out.line(rows());
  if (length > limit)
    out.line(out.style.dim(`  ... ${count(length - limit)} more; --all shows them, --page one of them`));
  out.line();
}
