import { describe, expect, it } from 'vitest';
import { PAGE_LIMIT, Random } from '../../../base/index.js';
import { OpenTable, packTable } from '../../codec/table.js';
import { PageKeys } from './page-keys.js';

/** Pages as they come out of a table of the index. */
function keysOf(rows: ReadonlyArray<readonly [space: number, page: number]>): PageKeys {
  const column = (at: 0 | 1) => ({ values: Float64Array.from(rows, (row) => row[at]), alike: at === 1 });
  const table = new OpenTable(packTable([column(0), column(1)], rows.length));
  return new PageKeys(table.column(0, [0, 0xffff]), table.column(1, [0, PAGE_LIMIT - 1]).values());
}

describe('the pages of a table of the index', () => {
  it.each([
    ['near each other', 1, 4096],
    ['at the end of what two bytes tell', 1, 0x1_0000],
    ['far from each other', 1, 2 ** 40],
    ['of several spaces', 3, 4096],
  ])('%s are found, and no others', (_, spaces, reach) => {
    const random = new Random(reach + spaces);
    for (const first of [0, 4096 * 1024, PAGE_LIMIT - reach]) {
      const known = new Map<string, readonly [number, number]>();
      for (const page of [first, first + reach - 1]) known.set(`0 ${page}`, [0, page]);
      for (let i = 0; i < 200; i++) {
        const row = [random.below(spaces), first + Math.floor(random.unit() * reach)] as const;
        known.set(row.join(' '), row);
      }
      const rows = [...known.values()].sort(([a, i], [b, k]) => a - b || i - k);
      const keys = keysOf(rows);
      expect(keys.rows).toBe(rows.length);
      for (const [row, [space, page]] of rows.entries()) {
        expect(keys.rowOf(space, page)).toBe(row);
        for (const other of [page - 1, page + 1, page + 0x1_0000, page - 0x1_0000]) {
          expect(keys.rowOf(space, other)).toBe(rows.findIndex(([of, at]) => of === space && at === other));
        }
        expect(keys.rowOf(spaces, page)).toBe(-1);
      }
    }
  });
});
