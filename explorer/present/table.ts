/**
 * A run as the table that mm engineers draw for each other: one row a step, one column an actor, and beside them what the step left behind: entries,
 * TLB entries, marks, and what the consumer lacks. This is the structure; `render-table.ts` makes text of it.
 */
import type { Execution, Step } from '../execution.js';
import type { RuleId } from '../rules.js';
import { Op } from '../../simulator/index.js';
import { Moments } from './moments.js';
import { knowing, namesOf, type Names } from './names.js';
import { isBeside, operationText } from './operation-text.js';
import { type StateColumn, stateColumns } from './state-columns.js';

export interface TableCell {
  readonly text: string;
  /** Of a column of state: the step changed it. */
  readonly changed: boolean;
}

export interface TableColumn {
  /** Lines of its heading. */
  readonly title: readonly string[];
  readonly kind: 'step' | 'actor' | 'state';
}

export interface TableRow {
  /** Number of the step, from 1; 0 for how things stand at first; null for the heading of a piece that an actor begins. */
  readonly step: number | null;
  readonly cells: readonly TableCell[];
  readonly broken: readonly RuleId[];
}

export interface InterleavingTable {
  readonly columns: readonly TableColumn[];
  readonly rows: readonly TableRow[];
  /** What never changes and therefore has no column: `page 1: P W`. */
  readonly constant: readonly string[];
}

export interface TableOptions {
  /** A column of the locks that are held. Default false: lock and unlock stand among the steps. */
  readonly locks?: boolean;
}

const SAME: TableCell = { text: '', changed: false };

export function tableOf(execution: Execution, { locks = false }: TableOptions = {}): InterleavingTable {
  const moments = new Moments(execution);
  const names = namesOf(execution.prepared);
  const all = stateColumns(moments.model.state, names, { locks, variables: variablesIn(moments) });
  const texts = Array.from({ length: moments.last + 1 }, (_, at) => {
    const state = moments.after(at);
    return all.map((column) => column.text(state));
  });
  const changes = all.map((_, at) => texts.some((row) => row[at] !== texts[0]![at]));
  const shown = all.flatMap((_, at) => (changes[at] ? [at] : []));
  const constant = all.flatMap((column, at) => {
    const text = texts[0]![at]!;
    return changes[at] || text === column.nothing ? [] : [constantText(column, text)];
  });
  const acting = actorColumns(execution, names);
  const stateCells = (at: number) =>
    shown.map((column) => {
      const text = texts[at]![column]!;
      return { text, changed: at > 0 && text !== texts[at - 1]![column] };
    });
  const blank = (actor: number, text: string) =>
    acting.map((one) => (one.actor === actor ? { text, changed: false } : SAME));
  const rows: TableRow[] = [
    { step: 0, cells: [{ text: '0', changed: false }, ...blank(-1, ''), ...stateCells(0)], broken: [] },
  ];
  const begun = new Set<string>();
  execution.steps.forEach((step, at) => {
    const actor = actorOf(step);
    const heading = step.choice.kind === 'step' ? beginning(moments, at + 1, actor, begun) : null;
    const told = stepText(step, knowing(names, step.label));
    if (heading !== null)
      rows.push({ step: null, cells: [SAME, ...blank(actor, heading), ...shown.map(() => SAME)], broken: [] });
    const number = { text: String(at + 1), changed: false };
    const cells = [number, ...blank(actor, told), ...stateCells(at + 1)];
    rows.push({ step: at + 1, cells, broken: step.broken });
  });
  return {
    columns: [
      { title: ['step'], kind: 'step' },
      ...acting.map(({ title }) => ({ title: [title], kind: 'actor' }) as const),
      ...shown.map((at) => ({ title: titleOf(all[at]!), kind: 'state' }) as const),
    ],
    rows,
    constant,
  };
}

/** What a step did, in a few words. */
export function stepText({ choice, operations }: Step, names: Names): string {
  if (choice.kind === 'acknowledge') return `acks flush of ${names.actors[choice.sender]}`;
  if (choice.kind === 'evict')
    return `loses TLB entry${names.pages.length === 1 ? '' : ` of ${names.pages[choice.page]}`}`;
  const told = operations.filter(({ op }, at) => at === 0 || !isBeside(op));
  // A question that a step begins with is left out where something follows.
  const worth = told.length > 1 && isBeside(told[0]!.op) ? told.slice(1) : told;
  return worth.map(({ op, result }) => operationText(op, result, names)).join('; ');
}

/** The column that a step belongs to: an actor, or whoever runs on the CPU that acts by itself. */
export function actorOf({ choice }: Step): number {
  return choice.kind === 'step' ? choice.actor : choice.cpu;
}

/** A column for each actor; and one for a CPU without any that acts on a flush. */
function actorColumns(execution: Execution, names: Names): Array<{ actor: number; title: string }> {
  const columns = names.actors.map((title, actor) => ({ actor, title }));
  for (const cpu of new Set(execution.steps.map(actorOf)))
    if (cpu >= names.actors.length) columns.push({ actor: cpu, title: names.cpu(cpu) });
  return columns;
}

/** Label of the piece that an actor begins with a step; null where it is in it already. */
function beginning(moments: Moments, step: number, actor: number, begun: Set<string>): string | null {
  const piece = moments.pieceIn(step, actor);
  const key = `${actor} ${piece}`;
  if (piece === null || begun.has(key)) return null;
  begun.add(key);
  return `${moments.piece(actor, piece).label}:`;
}

/** Variables that a run asks for or sets. */
function variablesIn(moments: Moments): number[] {
  const accesses = moments.deeds().filter(({ op }) => op.code === Op.recall || op.code === Op.remember);
  return [...new Set(accesses.map(({ op }) => op.a))].sort((a, b) => a - b);
}

function titleOf({ kind, of }: StateColumn): string[] {
  return of === '' ? [kind] : [kind, of];
}

function constantText({ kind, of }: StateColumn, text: string): string {
  if (kind === 'PTE' && of !== '') return `${of}: ${text}`;
  return `${of === '' ? kind : `${kind} ${of}`}: ${text}`;
}
