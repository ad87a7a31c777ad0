/** A chain of causes for people: a sentence, the links in columns with what each leads to, then cause and fix. And for scripts. */
import type { Chain, Link } from '../analyzer/index.js';
import type { Guilty, LinkProof, Proof } from '../explorer/index.js';
import { count, nanoseconds, wrapped } from './format.js';
import type { Output } from './output.js';
import { columns } from './table.js';

/** Columns that the text of a link stays within, whatever the terminal. */
const WIDTH_MIN = 60;

/** @param proof null where none was asked for, or the trail cannot be run again */
export function chainJson(chain: Chain, proof: Proof | null) {
  const { about, sentence, links, cause, fix, finding } = chain;
  const told = proof === null ? null : proofJson(proof);
  const each = links.map((link, at) => ({ ...link, proof: proof?.links[at] ?? null }));
  return { about, sentence, links: each, cause, fix, finding, proof: told };
}

function proofJson({ method, guilty, others, notes }: Proof) {
  return { method, guilty, others, notes };
}

export function printChain(out: Output, path: string, chain: Chain, proof: Proof | null = null): void {
  const { style } = out;
  const { about, sentence, links, cause, fix, finding } = chain;
  const grave = finding !== null && (finding.severity === 'critical' || finding.severity === 'high');
  const paint = grave ? style.red : style.cyan;
  const judged = finding === null ? '' : ` (${finding.severity}, ${finding.certainty})`;
  out.line(`${style.bold(path)}: ${paint(about)}${judged}`);
  out.line(wrapped(`${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`, width(out), '  '));
  out.line();
  for (const line of linkLines(out, links, proof?.links)) out.line(line);
  out.line();
  if (proof !== null) printProof(out, proof);
  out.line(wrapped(`cause: ${cause}`, width(out), '  '));
  if (fix !== null) out.line(wrapped(`fix:   ${fix}`, width(out), '  '));
}

/** What re-execution says of the whole: whose step it is, and what would mend it. */
function printProof(out: Output, { method, guilty, others, notes }: Proof): void {
  const { style } = out;
  const how = method === 'search' ? 'by searching every interleaving again' : 'by playing the accesses again';
  if (guilty === null) out.line(wrapped(`proof: nothing to convict anybody by, ${how}`, width(out), '  '));
  else if (guilty.isConvicted) {
    out.line(
      style.bold(
        wrapped(`guilty: '${guilty.step}' of ${guilty.actor}, ${HOW[guilty.how]} (proved ${how})`, width(out), '  '),
      ),
    );
    out.line(wrapped(`${guilty.says}; with ${guilty.by} ${leftText(guilty)}`, width(out), '          '));
  } else {
    out.line(
      wrapped(`suspected: '${guilty.step}' of ${guilty.actor}, ${HOW[guilty.how]} (not proved)`, width(out), '  '),
    );
    out.line(wrapped(guilty.says, width(out), '          '));
  }
  for (const { actor, step, how: fault, by } of others)
    out.line(wrapped(`also: '${step}' of ${actor}, ${HOW[fault]}: ${by} would do as well`, width(out), '  '));
  for (const note of notes) out.line(style.dim(wrapped(note, width(out), '  ')));
  out.line();
}

function leftText({ left }: Guilty): string {
  if (left === null) return 'the finding is gone';
  return `it comes to ${left.after} ${left.cost} at worst for each page that was written anew, where it was ${left.before}`;
}

const HOW: Readonly<Record<Guilty['how'], string>> = {
  missing: 'which is missing',
  early: 'which comes too early',
  late: 'which comes too late',
  stale: 'which acts on what is true no longer',
  drops: 'which lets a mark go',
  wrong: 'which does the wrong thing',
};

/** The links in columns; under each, dim, how it leads to the next, and what was proved of it. */
export function linkLines(out: Output, links: readonly Link[], proofs: readonly LinkProof[] = []): string[] {
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
      const what = hanging(link.what, room, indent);
      const proof = proofs[at];
      const proved = proof === undefined ? [] : hanging(`${proof.verdict}: ${proof.text}`, room, indent);
      const judge = proof?.verdict === 'necessary' ? style.green : style.dim;
      const [first = '', ...rest] = what;
      const paint = link.isCause ? style.red : (text: string) => text;
      const so = hanging(`-> ${link.so}`, room, indent);
      return [
        paint(`${head}${first}`.trimEnd()),
        ...rest.map((line) => paint(`${' '.repeat(indent)}${line}`)),
        ...so.map((line) => style.dim(`${' '.repeat(indent)}${line}`)),
        ...proved.map((line) => judge(`${' '.repeat(indent)}${line}`)),
      ];
    }),
  ];
}

/** @param several CPUs take part, so that it has to be said where an actor runs */
function cells({ seq, kind, timeNs, cpu, actor, step }: Link, several: boolean): [string, string, string, string] {
  const where = seq !== null ? count(seq) : kind === 'missing' ? 'missing' : '-';
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
