/** Checkpoints put on top of each other, in the plainest way: for tests. */
import { PAGE_COLUMNS, PAGE_GONE, type PageRows } from '../traces/index.js';

const [SPACE, PAGE, FRAME] = PAGE_COLUMNS.keys();
const GENERATION = PAGE_COLUMNS.indexOf('generation');

export class Mirror {
  readonly #rows = new Map<string, number[]>();

  /** Frame and generation of a page as they were told last. */
  told(space: number, page: number): number[] {
    const row = this.#rows.get(`${space} ${page}`);
    return row === undefined ? [PAGE_GONE, 0] : [row[FRAME!]!, row[GENERATION]!];
  }

  /** The pages there are once these have changed, sorted. */
  take(changed: PageRows): number[][] {
    for (const row of rowsOf(changed)) {
      const key = `${row[SPACE!]} ${row[PAGE!]}`;
      if (row[FRAME!] === PAGE_GONE) this.#rows.delete(key);
      else this.#rows.set(key, row);
    }
    return [...this.#rows.values()].sort((a, b) => a[SPACE!]! - b[SPACE!]! || a[PAGE!]! - b[PAGE!]!);
  }
}

export function rowsOf(rows: PageRows): number[][] {
  return Array.from({ length: rows.rows }, (_, row) => PAGE_COLUMNS.map((name) => rows[name][row]!));
}
