/** An interleaving as plain text: columns as wide as they need, long cells broken into lines, and further columns of state below where a line has no room. */
import type { InterleavingTable, TableColumn, TableRow } from './table.js';

/** What a piece of text is, for whoever colours it. */
export type TextRole = 'title' | 'heading' | 'operation' | 'changed' | 'unchanged' | 'step' | 'broken';

export interface RenderOptions {
  /** Columns of the page. Default 160. */
  readonly width?: number;
  /** Colours a text, which has its final width by then. */
  paint?(text: string, role: TextRole): string;
}

const DEFAULT_WIDTH = 160;
const GAP = '  ';
/** What an actor's column takes at most, and may be narrowed to. */
const ACTOR_MAX = 38;
const ACTOR_MIN = 16;
/** Actors' columns that would take more than this part of a line become two: who, and what. */
const ACTORS_SHARE = 0.6;
const CHANGED = ' *';
const BROKEN = '!';

interface Column extends TableColumn {
  width: number;
  text(row: TableRow): { readonly text: string; readonly role: TextRole };
}

export function renderTable(table: InterleavingTable, options: RenderOptions = {}): string {
  const { width = DEFAULT_WIDTH, paint = (text: string) => text } = options;
  const columns = fitActors(columnsOf(table), table, width);
  return bands(columns, width)
    .map((band, at) => {
      const rows = at === 0 ? table.rows : table.rows.filter((row) => row.step === 0 || hasChanged(band, row));
      return [titles(band, paint), ...rows.map((row) => line(band, row, paint))].join('\n');
    })
    .join('\n\n');
}

/** Breaks a text at spaces into lines of at most `width`; a longer word stands alone. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let last = '';
  for (const word of text.split(' ')) {
    if (last !== '' && last.length + 1 + word.length > width) {
      lines.push(last);
      last = word;
    } else last = last === '' ? word : `${last} ${word}`;
  }
  return [...lines, last];
}

function columnsOf({ columns, rows }: InterleavingTable): Column[] {
  return columns.map((column, at) => {
    const text: Column['text'] = ({ step, cells, broken }) => {
      const cell = cells[at]!;
      if (column.kind === 'step')
        return { text: `${cell.text}${broken.length > 0 ? BROKEN : ''}`, role: broken.length > 0 ? 'broken' : 'step' };
      if (column.kind === 'actor') return { text: cell.text, role: step === null ? 'heading' : 'operation' };
      return { text: `${cell.text}${cell.changed ? CHANGED : ''}`, role: cell.changed ? 'changed' : 'unchanged' };
    };
    return { ...column, text, width: widthOf(column, rows, text) };
  });
}

/** Narrows the columns of actors as far as the line needs it, or makes two of them where there are too many. */
function fitActors(columns: Column[], { rows }: InterleavingTable, width: number): Column[] {
  const actors = columns.filter(({ kind }) => kind === 'actor');
  if (actors.length * (ACTOR_MIN + GAP.length) > width * ACTORS_SHARE) return mergeActors(columns, rows);
  for (const actor of actors) actor.width = Math.min(actor.width, ACTOR_MAX);
  for (let over = total(columns) - width; over > 0; over--) {
    const widest = actors.reduce((most, one) => (one.width > most.width ? one : most));
    if (widest.width <= ACTOR_MIN) break;
    widest.width--;
  }
  return columns;
}

/** One column that says who, and one that says what. */
function mergeActors(columns: Column[], rows: readonly TableRow[]): Column[] {
  const actors = columns.filter(({ kind }) => kind === 'actor');
  const acting = (row: TableRow) => actors.find((actor) => actor.text(row).text !== '');
  const who: Column['text'] = (row) => ({ text: acting(row)?.title[0] ?? '', role: 'step' });
  const what: Column['text'] = (row) => acting(row)?.text(row) ?? { text: '', role: 'operation' };
  const merged = (
    [
      [['actor'], who],
      [['does'], what],
    ] as const
  ).map(([title, text]): Column => {
    const column = { title, kind: 'actor' } as const;
    return { ...column, text, width: Math.min(ACTOR_MAX, widthOf(column, rows, text)) };
  });
  const first = columns.findIndex(({ kind }) => kind === 'actor');
  return [...columns.slice(0, first), ...merged, ...columns.slice(first + actors.length)];
}

/** Columns that do not fit stand below, beside the numbers of the steps that change something there. */
function bands(columns: readonly Column[], width: number): Column[][] {
  const step = columns[0]!;
  const all: Column[][] = [[step]];
  for (const column of columns.slice(1)) {
    const band = all.at(-1)!;
    const fits = total(band) + GAP.length + column.width <= width;
    if (fits || column.kind === 'actor' || band.length === 1) band.push(column);
    else all.push([step, column]);
  }
  return all;
}

function titles(band: readonly Column[], paint: NonNullable<RenderOptions['paint']>): string {
  const height = Math.max(...band.map(({ title }) => title.length));
  const lines = Array.from({ length: height }, (_, at) =>
    laid(
      band,
      band.map(({ title }) => title[at] ?? ''),
      band.map(() => 'title'),
      paint,
    ),
  );
  return lines.join('\n');
}

/** Whether a step changes anything in the band. */
function hasChanged(band: readonly Column[], row: TableRow): boolean {
  return band.some((column) => column.text(row).role === 'changed');
}

function line(band: readonly Column[], row: TableRow, paint: NonNullable<RenderOptions['paint']>): string {
  const texts = band.map((column) => column.text(row));
  const wrapped = band.map((column, at) => wrapText(texts[at]!.text, column.width));
  const height = Math.max(...wrapped.map(({ length }) => length));
  const roles = texts.map(({ role }) => role);
  return Array.from({ length: height }, (_, at) =>
    laid(
      band,
      wrapped.map((cell) => cell[at] ?? ''),
      roles,
      paint,
    ),
  ).join('\n');
}

function laid(
  band: readonly Column[],
  texts: readonly string[],
  roles: readonly TextRole[],
  paint: NonNullable<RenderOptions['paint']>,
): string {
  const last = texts.findLastIndex((text) => text !== '');
  return band
    .slice(0, last + 1)
    .map(({ kind, width }, at) => {
      const text = texts[at]!;
      const painted = text === '' ? '' : paint(text, roles[at]!);
      const room = ' '.repeat(Math.max(0, width - text.length));
      if (kind === 'step') return `${room}${painted}`;
      return at === last ? painted : `${painted}${room}`;
    })
    .join(GAP);
}

function widthOf({ title }: TableColumn, rows: readonly TableRow[], text: Column['text']): number {
  return Math.max(...title.map(({ length }) => length), ...rows.map((row) => text(row).text.length));
}

function total(columns: readonly Column[]): number {
  return columns.reduce((sum, { width }) => sum + width, 0) + GAP.length * (columns.length - 1);
}
