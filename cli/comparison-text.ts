/** A comparison for people: a table as wide as there is room for, what its signs mean, what was left out, and the recommendation. */
import type { ComparedRun, Comparison, Criterion, CriterionId, RunSettings } from '../explorer/index.js';
import { csvLine } from './csv.js';
import { count, counted, wrapped } from './format.js';
import type { Output } from './output.js';
import type { Style } from './style.js';
import { type Column, table } from './table.js';

/** What the rooms say of figures: which there are, and how each is written. */
export interface Wording {
  readonly criteria: readonly Criterion[];
  readonly inUnit: (criterion: Pick<Criterion, 'unit'>, value: number) => string;
}

interface Shown extends Column {
  readonly cell: (run: ComparedRun) => string;
  /** The larger, the sooner it is left out where there is no room. */
  readonly dispensable: number;
}

/** Columns that stay while others go, after the strategy, the settings that vary and the criterion; the rest goes first. */
const DEAR: readonly CriterionId[] = [
  'overhead',
  'bytes',
  'lag',
  'slowdown',
  'lost',
  'stall',
  'faults',
  'flushes',
  'memory',
  'exits',
  'lag-p99',
  'false-dirty',
  'lag-max',
];
/** Shown though nobody has any. */
const ALWAYS: ReadonlySet<CriterionId> = new Set(['overhead', 'slowdown', 'bytes', 'lag']);

const SETTINGS: Readonly<Record<keyof RunSettings, readonly [title: string, cell: (settings: RunSettings) => string]>> =
  {
    arch: ['arch', ({ arch }) => arch],
    vma: ['mapping', ({ vma }) => vma],
    cpus: ['CPUs', ({ cpus }) => count(cpus)],
    tlb: ['TLB', ({ tlb }) => `${tlb.sets}x${tlb.ways}`],
    harvestEvery: ['every', ({ harvestEvery }) => (harvestEvery === 0 ? 'end' : count(harvestEvery))],
    cost: ['costs', ({ cost }) => cost],
  };

export function printComparison(out: Output, comparison: Comparison, wording: Wording): void {
  const { style, columns: width } = out;
  const { runs } = comparison;
  const { lines, leftOut } = fitted(comparison, wording, style, width);
  out.line(lines);
  out.line();
  const legend = [
    ...(runs.some(({ pareto }) => pareto)
      ? ['* nobody has less of overhead, bytes and lag together (the Pareto front)']
      : []),
    ...runs.flatMap(({ run, marks }) =>
      marks.length === 0 ? [] : [`! ${run} ${marks.map(({ text }) => text).join('; it ')}`],
    ),
    ...(leftOut.length === 0
      ? []
      : [`no room for ${leftOut.join(', ')}: a wider terminal shows them, and --csv and --json`]),
  ];
  for (const line of legend) out.line(style.dim(wrapped(line, width, '')));
  printRefused(out, comparison);
  printRecommendation(out, comparison);
  const kept = runs.filter(({ trail }) => trail !== null);
  if (kept.length > 0) {
    out.line();
    out.line(`${counted(kept.length, 'trail')} kept: ${kept[0]!.trail}${kept.length > 1 ? ' and so on' : ''}`);
  }
}

/** The widest table that there is room for. */
function fitted(
  comparison: Comparison,
  wording: Wording,
  style: Style,
  width: number,
): { lines: string; leftOut: readonly string[] } {
  const all = columnsOf(comparison, wording);
  const shown = [...all];
  for (;;) {
    // Measured without colour, which takes no room.
    const plain = tableOf(comparison.runs, shown, { ...style, enabled: false });
    const last = shown.reduce((a, b) => (b.dispensable > a.dispensable ? b : a));
    const fits = Math.max(...plain.split('\n').map((line) => line.length)) <= width;
    if (fits || last.dispensable === 0)
      return {
        lines: tableOf(comparison.runs, shown, style),
        leftOut: all.filter((column) => !shown.includes(column)).map(({ title }) => title),
      };
    shown.splice(shown.indexOf(last), 1);
  }
}

function columnsOf({ runs, varying, by }: Comparison, { criteria, inUnit }: Wording): Shown[] {
  const settings = (Object.keys(SETTINGS) as Array<keyof RunSettings>).flatMap((name): Shown[] => {
    const [title, cell] = SETTINGS[name];
    const differs = new Set(runs.map((run) => cell(run.settings))).size > 1;
    if (!varying.includes(name) && !(differs && (name === 'vma' || name === 'arch'))) return [];
    return [{ title, align: 'left', cell: (run) => cell(run.settings), dispensable: varying.includes(name) ? 0 : 100 }];
  });
  const figures = criteria.flatMap((criterion): Shown[] => {
    const id = criterion.id as CriterionId;
    if (!ALWAYS.has(id) && id !== by && runs.every(({ figures: of }) => of[id] === 0)) return [];
    const cell = ({ figures: of }: ComparedRun) => (of[id] === 0 && !ALWAYS.has(id) ? '-' : inUnit(criterion, of[id]));
    return [{ title: criterion.title, align: 'right', cell, dispensable: id === by ? 0 : DEAR.indexOf(id) }];
  });
  return [
    {
      title: '',
      align: 'left',
      cell: ({ pareto, marks }) => (marks.length > 0 ? '!' : pareto ? '*' : ''),
      dispensable: 0,
    },
    { title: 'strategy', align: 'left', cell: ({ run }) => run.split(',')[0]!, dispensable: 0 },
    ...settings.filter(({ dispensable }) => dispensable === 0),
    ...figures,
    ...settings.filter(({ dispensable }) => dispensable > 0),
  ];
}

function tableOf(runs: readonly ComparedRun[], columns: readonly Shown[], style: Style): string {
  return table(
    columns,
    runs.map((run) => columns.map(({ cell }) => cell(run))),
    style,
  );
}

function printRefused(out: Output, { refused, needs }: Comparison): void {
  if (refused.length === 0) return;
  const { style, columns: width } = out;
  out.line();
  out.line(style.bold('not compared'));
  for (const id of needs) {
    const without = refused.filter(({ need }) => need === id).map(({ strategy }) => strategy);
    if (without.length > 0) out.line(wrapped(`for --need ${id}: ${[...new Set(without)].join(', ')}`, width, '  '));
  }
  for (const { need, what, why } of refused)
    if (need === null) out.line(wrapped([what, why].filter((part) => part !== null).join(': '), width, '  '));
}

function printRecommendation(out: Output, { recommend }: Comparison): void {
  const { style, columns: width } = out;
  const { run, because, alternatives, caveats } = recommend;
  out.line();
  out.line(`${style.bold('recommend')}  ${run === null ? style.red('none') : style.green(run)}`);
  const groups: ReadonlyArray<readonly [string, readonly string[]]> = [
    ['because', because],
    ['or', alternatives.map(({ text }) => text)],
    ['but', caveats],
  ];
  for (const [heading, texts] of groups) {
    texts.forEach((text, index) => {
      const lines = wrapped(text, width - 11, '').split('\n');
      for (const [row, line] of lines.entries())
        out.line(`${index === 0 && row === 0 ? style.dim(`  ${heading.padEnd(9)}`) : ' '.repeat(11)}${line}`);
    });
  }
}

export function printComparisonCsv(out: Output, { runs }: Comparison, { criteria }: Wording): void {
  const units = { ns: '_ns', bytes: '_bytes', count: '', ratio: '' } as const;
  const names = criteria.map(
    ({ id, unit }) => `${id === 'bytes' ? 'transferred' : id.replaceAll('-', '_')}${units[unit]}`,
  );
  out.line(
    csvLine(
      [
        'rank',
        'strategy',
        'variant',
        'arch',
        'vma',
        'cpus',
        'tlb_sets',
        'tlb_ways',
        'harvest_every',
        'cost_profile',
      ].concat(names, ['pareto', 'marks']),
    ),
  );
  for (const { rank, strategy, variant, settings, figures, pareto, marks } of runs) {
    const { arch, vma, cpus, tlb, harvestEvery, cost } = settings;
    out.line(
      csvLine([
        rank,
        strategy,
        variant,
        arch,
        vma,
        cpus,
        tlb.sets,
        tlb.ways,
        harvestEvery,
        cost,
        ...criteria.map(({ id }) => figures[id as CriterionId]),
        pareto ? 1 : 0,
        marks.map(({ text }) => text).join('; '),
      ]),
    );
  }
}
