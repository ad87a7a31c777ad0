/** Small tables without lines, which read well and survive `grep` and `awk`. */
import Table from 'cli-table3';
import type { Style } from './style.js';

export type Cell = string | number;

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** No border, two spaces between columns. */
const NO_LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** The lines of a table; `indent` spaces stand before each. */
export function table(
  columns: readonly Column[],
  rows: ReadonlyArray<readonly Cell[]>,
  style: Style,
  indent = 0,
): string {
  const drawn = new Table({
    head: columns.map(({ title }) => title),
    colAligns: columns.map(({ align }) => align ?? 'left'),
    chars: NO_LINES,
    style: { head: style.enabled ? ['bold'] : [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  drawn.push(...rows.map((row) => row.map(String)));
  const margin = ' '.repeat(indent);
  return drawn
    .toString()
    .split('\n')
    .map((line) => `${margin}${line}`.trimEnd())
    .join('\n');
}

/** Columns by title; a title that ends in `>` is aligned to the right. */
export function columns(...titles: string[]): Column[] {
  return titles.map((title) => (title.endsWith('>') ? { title: title.slice(0, -1), align: 'right' } : { title }));
}
