/** A chain of causes for people: a sentence, the links in columns with what each leads to, then cause and fix. And for scripts. */
import type { Chain, Link } from '../analyzer/index.js';
import { count, nanoseconds, wrapped } from './format.js';
import type { Output } from './output.js';
import { columns } from './table.js';

/** Columns that the text of a link stays within, whatever the terminal. */
const WIDTH_MIN = 60;

export function chainJson(chain: Chain) {
  const { about, sentence, links, cause, fix, finding } = chain;
  return { about, sentence, links, cause, fix, finding };
}

export function printChain(out: Output, path: string, chain: Chain): void {
  const { style } = out;
  const { about, sentence, links, cause, fix, finding } = chain;
  const grave = finding !== null && (finding.severity === 'critical' || finding.severity === 'high');
  const paint = grave ? style.red : style.cyan;
  const judged = finding === null ? '' : ` (${finding.severity}, ${finding.certainty})`;
  out.line(`${style.bold(path)}: ${paint(about)}${judged}`);
  out.line(wrapped(`${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`, width(out), '  '));
  out.line();
  for (const line of linkLines(out, links)) out.line(line);
  out.line();
  out.line(wrapped(`cause: ${cause}`, width(out), '  '));
  if (fix !== null) out.line(wrapped(`fix:   ${fix}`, width(out), '  '));
}

/** The links in columns; under each, dim, how it leads to the next. @param marks what stands behind a link, by its position */
export function linkLines(out: Output, links: readonly Link[], marks: readonly string[] = []): string[] {
  const { style } = out;
  const several = new Set(links.map(({ cpu }) => cpu)).size > 1;
  const rows = links.map((link) => cells(link, several));
  const titles = columns('seq', 'time', 'who', 'step').map(({ title }) => title);
  const widths = titles.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at]!.length)));
  const indent = widths.reduce((sum, one) => sum + one + 2, 2);
  const padded = (row: readonly string[]) =>
    row.map((cell, at) => (at < 2 ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!))).join('  ');
  const room = Math.max(width(out), indent + 40);
  return [
    style.bold(`  ${padded(titles)}  what`),
    ...links.flatMap((link, at) => {
      const head = `  ${padded(rows[at]!)}  `;
      const what = hanging(`${link.what}${marks[at] ? ` [${marks[at]}]` : ''}`, room, indent);
      const [first = '', ...rest] = what;
      const paint = link.isCause ? style.red : (text: string) => text;
      const so = hanging(`-> ${link.so}`, room, indent);
      return [
        paint(`${head}${first}`.trimEnd()),
        ...rest.map((line) => paint(`${' '.repeat(indent)}${line}`)),
        ...so.map((line) => style.dim(`${' '.repeat(indent)}${line}`)),
      ];
    }),
  ];
}

/** @param several CPUs take part, so that it has to be said where an actor runs */
function cells({ seq, gap, timeNs, cpu, actor, step }: Link, several: boolean): [string, string, string, string] {
  const where = gap === null ? (seq === null ? '' : count(seq)) : 'missing';
  const who = actor.replace(/^program on CPU /, 'cpu ');
  const at = !several || cpu < 0 || who.includes(String(cpu)) ? '' : ` (cpu ${cpu})`;
  return [where, timeNs === null ? '' : nanoseconds(timeNs), `${who}${at}`, step];
}

/** Lines of a text that stands behind columns. */
function hanging(text: string, room: number, indent: number): string[] {
  return wrapped(text, room - indent, '')
    .split('\n')
    .map((line) => line.trim());
}

function width(out: Output): number {
  return Math.max(WIDTH_MIN, out.columns);
}
