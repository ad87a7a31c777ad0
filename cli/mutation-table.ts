/** How `explore --strategy ID --mutate all` answers: for each step of a protocol, whether dropping, reordering or weakening it loses a write. */
import type { MutateAll, MutationRow } from '../explorer/index.js';
import type { Answer } from './command.js';
import { count, counted, wrapped } from './format.js';
import type { Output } from './output.js';
import { columns, table } from './table.js';

export function mutationTable(all: MutateAll, interrupted: boolean): Answer {
  const unsafe = all.protocol.some(({ verdict }) => verdict !== 'safe');
  return {
    json: () => ({ strategy: all.strategy, protocol: all.protocol, results: all.rows }),
    print: (out) => print(out, all),
    // The answer is no where the protocol itself loses, or was not searched to the end; that its defects do is what they are for.
    exitCode: interrupted ? 130 : unsafe ? 1 : 0,
  };
}

function print(out: Output, { strategy, rows, protocol }: MutateAll): void {
  const { style } = out;
  out.line(style.bold(`${strategy}: every step of its protocol, and what becomes of it without`));
  for (const { verdict, states, program } of protocol) {
    const paint = verdict === 'safe' ? style.green : style.red;
    out.line(`  as it is  ${paint(verdict)}  ${count(states)} states  ${programText(program)}`);
  }
  out.line();
  let step = '';
  const cells = rows.map((row) => {
    const first = row.step === step ? '' : row.step;
    step = row.step;
    return [first, row.mutation ?? '-', row.how ?? '', verdictOf(row), count(row.states), lossOf(row), programOf(row)];
  });
  out.line(
    table(columns('step', 'defect', '', 'verdict', 'states>', 'steps/preemptions>', 'program'), cells, style, 2),
  );
  // What the table does not say: why something was not explored, or is not as the strategy declares it.
  const notes = rows.filter(({ verdict, agrees }) => verdict === null || verdict === 'bounded' || agrees === false);
  if (notes.length > 0) out.line();
  for (const { step: where, mutation, note } of notes.filter((row) => row.note !== ''))
    out.line(style.dim(wrapped(`${mutation ?? where}: ${note}`, out.columns, '  ')));
  const needed = new Set(
    rows
      .filter(({ verdict }) => verdict !== null && verdict !== 'safe' && verdict !== 'bounded')
      .map((row) => row.step),
  );
  out.line();
  out.line(`${counted(needed.size, 'step')} shown to be necessary: ${[...needed].join(', ') || 'none'}`);
}

function verdictOf({ verdict }: MutationRow): string {
  return verdict ?? 'not explored';
}

function lossOf({ counterexample }: MutationRow): string {
  return counterexample === null ? '' : `${counterexample.steps}/${counterexample.preemptions}`;
}

function programOf({ program }: MutationRow): string {
  return program === null ? '' : programText(program);
}

/** "2 CPUs x 1 page, 2 stores, 2 harvests". */
function programText({ cpus, pages, writes, harvests }: NonNullable<MutationRow['program']>): string {
  return `${counted(cpus, 'CPU')}, ${counted(pages, 'page')}, ${counted(writes, 'store')}, ${counted(harvests, 'harvest')}`;
}
