import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random, TrailFormatError, UsageError } from '../../base/index.js';
import { EventBatch } from '../batch.js';
import { EVENT_KINDS } from '../events/index.js';
import { TrailReader, TrailWriter } from '../file/index.js';
import { sampleEnding, sampleMeta, writesBatch } from '../file/samples.js';
import { describeView, openQuery, type Query, VIEWS, type ViewDefinition } from './index.js';

const folder = mkdtempSync(join(tmpdir(), 'pagetrail-views-'));
const open: Array<{ close(): void }> = [];
afterAll(() => {
  for (const each of open) each.close();
  rmSync(folder, { recursive: true });
});

type Drawn = [kind: string, at: { time?: number; cpu?: number; page?: number; step?: number }, ...fields: number[]];

/** The kernel's last page but one, and an offset in it. */
const HIGH_PAGE = 2 ** 52 - 2;

/** One of everything that the views show: a fault, a write, a harvest with a flush. */
const drawn: Drawn[] = [
  ['map', { page: 16 }, 900, 1],
  ['fault', { time: 5, page: 16, step: 1 }, 7, 1, 1000],
  ['pte', { time: 1005, page: 16 }, 0x225, 0x8000_0000, 0x267, 0x8000_0000, 2, 0],
  ['tlb-fill', { time: 1005, page: 16 }, 900, 3, 0, 7],
  ['write', { time: 1005, page: 16 }, 8, 4, 5],
  ['write', { time: 4_000_000_000, cpu: -1, page: HIGH_PAGE }, 0xff8, 8, 20],
  ['read', { time: 4_000_000_000, page: 17 }, 0, 2, 30],
  ['tlb-update', { time: 4_000_000_000, page: 16 }, 3, 1],
  ['tlb-evict', { time: 4_000_000_000, page: 16 }, 3, 1],
  ['harvest-begin', { time: 4_000_000_100 }, 1],
  ['mark', { time: 4_000_000_100, page: 16 }, 2, 2, 1],
  ['flush-queue', { time: 4_000_000_100, page: 16 }, 2, 0],
  ['flush-send', { time: 4_000_000_100, page: 16 }, 2, 0, 3, 0, 50],
  ['flush-ack', { time: 4_000_000_100, cpu: 2, page: 16 }, 2, 1, 0, 60],
  ['report', { time: 4_000_000_200, page: 16 }, 2],
  ['transfer', { time: 4_000_000_200, page: 16 }, 2, 8192, 70],
  ['harvest-end', { time: 4_000_000_300 }, 1],
  ['exit', { time: 4_000_000_300 }, 0, 80],
  ['exit', { time: 4_000_000_300, page: 16 }, 7, 90],
  ['operation', { time: 4_000_000_300, page: 16 }, 0, 2, 40],
  ['operation', { time: 4_000_000_300 }, 2, 0, 50],
  ['harvest-begin', { time: 4_000_000_400 }, 2],
];

function batchOf(events: readonly Drawn[]): EventBatch {
  const batch = new EventBatch(events.length);
  batch.length = events.length;
  for (const [i, [kind, { time = 0, cpu = 0, page = -1, step = 0 }, ...fields]] of events.entries()) {
    batch.kind[i] = EVENT_KINDS.find((definition) => definition.kind === kind)!.code;
    batch.time[i] = time;
    batch.cpu[i] = cpu;
    batch.page[i] = page;
    batch.step[i] = step;
    for (const [slot, value] of fields.entries()) batch.slots[slot]![i] = value;
  }
  return batch;
}

async function trailOf(name: string, batches: readonly EventBatch[]): Promise<TrailReader> {
  const path = join(folder, name);
  const writer = TrailWriter.create(path, sampleMeta);
  for (const batch of batches) writer.append(batch);
  await writer.close(sampleEnding);
  const reader = TrailReader.open(path);
  open.push(reader);
  return reader;
}

function queryOf(trails: { main: TrailReader; b?: TrailReader }, views?: readonly ViewDefinition[]): Query {
  const query = openQuery(trails, views);
  open.push(query);
  return query;
}

let main: TrailReader;
let many: TrailReader;
let query: Query;
beforeAll(async () => {
  main = await trailOf('drawn.trail', [batchOf(drawn)]);
  many = await trailOf(
    'many.trail',
    [1, 2001, 4001].map((seq) => writesBatch(seq, 2000)),
  );
  query = queryOf({ main, b: many });
});

const rowsOf = (sql: string) => query.query(sql).rows;

describe('a view', () => {
  it.each<[sql: string, rows: unknown[][]]>([
    [
      'SELECT * FROM writes',
      [
        [5, 1005, 0, 'program', 0, '', 16, 8, '0x10008', 4, 5],
        [6, 4_000_000_000, -1, 'program', 0, '', HIGH_PAGE, 0xff8, '0xffffffffffffeff8', 8, 20],
      ],
    ],
    ['SELECT seq, address, size_bytes FROM reads', [[7, '0x11000', 2]]],
    [
      'SELECT seq, step, handler, error, present, is_write, cost_ns FROM faults',
      [[2, 'clean', 'write-protect', 7, 1, 1, 1000]],
    ],
    [
      'SELECT cause, old_raw, new_raw, old_present, old_writable, old_dirty, new_present, new_writable, new_dirty, frame FROM pte_changes',
      [['fault', '0x8000000000000225', '0x8000000000000267', 1, 0, 0, 1, 1, 1, 0]],
    ],
    [
      'SELECT seq, kind, slot, frame, writable, dirty, huge, reason FROM tlb',
      [
        [4, 'tlb-fill', 3, 900, 1, 1, 1, null],
        [8, 'tlb-update', 3, null, 1, 0, 0, null],
        [9, 'tlb-evict', 3, null, null, null, null, 'random'],
      ],
    ],
    [
      'SELECT kind, cpu, page, pages, scope, targets, reason, cost_ns FROM flushes',
      [
        ['flush-queue', 0, 16, 2, null, null, 'harvest', null],
        ['flush-send', 0, 16, 2, 'range', 3, 'harvest', 50],
        ['flush-ack', 2, 16, 2, 'space', null, 'harvest', 60],
      ],
    ],
    ['SELECT page, pages, carrier, value FROM marks', [[16, 2, 'bitmap', 1]]],
    [
      'SELECT * FROM harvests',
      [
        [1, 10, 17, 4_000_000_100, 4_000_000_300, 0, 'program', 2, 8192],
        [2, 22, null, 4_000_000_400, null, 0, 'program', 0, 0],
      ],
    ],
    ['SELECT page, pages FROM reports', [[16, 2]]],
    ['SELECT page, pages, size_bytes, cost_ns FROM transfers', [[16, 2, 8192, 70]]],
    [
      'SELECT page, reason, cost_ns FROM exits',
      [
        [null, 'ept-violation', 80],
        [16, 'shadow-fault', 90],
      ],
    ],
    [
      'SELECT page, pages, operation, program_ns FROM operations',
      [
        [16, 2, 'unmap', 40],
        [null, 0, 'fork', 50],
      ],
    ],
    [
      "SELECT kind, page, pages, cost_ns, fields FROM events WHERE kind IN ('map', 'harvest-end')",
      [
        ['map', 16, null, null, '{"frame":900,"memory":"device"}'],
        ['harvest-end', null, null, null, '{"harvest":1}'],
      ],
    ],
    [
      "SELECT value FROM meta WHERE key IN ('strategy', 'tlb') ORDER BY key",
      [['hw-dirty'], ['{"sets":128,"ways":12}']],
    ],
  ])('%s', (sql, rows) => {
    expect(rowsOf(sql)).toEqual(rows);
  });

  it('shows every event', () => {
    expect(rowsOf('SELECT kind FROM events')).toEqual(drawn.map(([kind]) => [kind]));
    expect(rowsOf('SELECT count(*) FROM events')).toEqual([[drawn.length]]);
  });

  it('gives integers as integers, however large', () => {
    expect(rowsOf("SELECT page / 512, 'p' || page, typeof(time_ns), cpu FROM writes")).toEqual([
      [0, 'p16', 'integer', 0],
      [Math.floor(HIGH_PAGE / 512), `p${HIGH_PAGE}`, 'integer', -1],
    ]);
    expect(rowsOf('SELECT 9007199254740993, -9007199254740991, 0.5, NULL')).toEqual([
      ['9007199254740993', -9007199254740991, 0.5, null],
    ]);
  });

  it('gives the same whether columns are named or not', () => {
    for (const { name, columns, parameters } of VIEWS) {
      const starred = query.query(`SELECT * FROM ${name}`);
      const named = query.query(`SELECT ${columns.map((column) => column.name).join(', ')} FROM ${name}`);
      expect(named, name).toEqual(starred);
      expect(starred.columns).toEqual(columns.map((column) => column.name));
      expect(rowsOf(`SELECT count(*) FROM ${name}`), name).toEqual([[starred.rows.length]]);
      expect(new Set((parameters ?? []).map((parameter) => parameter.name)).size).toBe(parameters?.length ?? 0);
      const last = columns.at(-1)!.name;
      const lastAt = columns.length - 1;
      expect(rowsOf(`SELECT "${last.toUpperCase()}" FROM ${name}`), name).toEqual(
        starred.rows.map((row) => [row[lastAt]]),
      );
    }
  });
});

describe('a wildcard in disguise', () => {
  it.each([
    'SELECT DISTINCT * FROM reports',
    'SELECT r.* FROM reports AS r',
    'SELECT 1 AS one, r . * FROM reports AS r',
    'SELECT /* all */ * FROM reports',
    'SELECT -- all\n * FROM reports',
    'SELECT ALL* FROM reports',
    'WITH r AS (SELECT * FROM reports) SELECT * FROM r',
    'SELECT * FROM reports NATURAL JOIN (SELECT 15 AS seq)',
  ])('%s: is seen', (sql) => {
    const { columns, rows } = query.query(sql);
    expect(rows.length).toBe(1);
    expect([rows[0]![columns.indexOf('seq')], rows[0]![columns.indexOf('pages')]]).toEqual([15, 2]);
  });
});

describe('a table function', () => {
  it('gives what WHERE gives, for any bounds', () => {
    const random = new Random(3);
    for (let round = 0; round < 60; round++) {
      const from = random.below(7000);
      const to = from + random.below(3000);
      const page = 95 + random.below(60);
      const rows = query.query(`SELECT * FROM b.writes_in(${from}, ${to})`);
      expect(rows).toEqual(query.query(`SELECT * FROM b.writes WHERE seq BETWEEN ${from} AND ${to}`));
      expect(rowsOf(`SELECT count(*) FROM b.writes_in(${from}, ${to})`)).toEqual([[rows.rows.length]]);
      expect(rowsOf(`SELECT seq FROM b.writes_in(${from}, '*', ${page}, 0)`)).toEqual(
        rowsOf(`SELECT seq FROM b.writes WHERE seq >= ${from} AND page = ${page} AND cpu = 0`),
      );
    }
    expect(rowsOf("SELECT count(*) FROM events_in('*', '*', 'report')")).toEqual([[1]]);
    expect(rowsOf("SELECT seq FROM events_in WHERE of_kind = 'write' AND seq_to = 5")).toEqual([[5]]);
  });

  it('does not read the chunks outside of its bounds', async () => {
    const reader = await trailOf(
      'spoilt.trail',
      [1, 1001, 2001].map((seq) => writesBatch(seq, 1000)),
    );
    const db = new Database(reader.path);
    db.exec("UPDATE chunk SET body = x'00112233445566' WHERE id = 2");
    db.close();
    const spoilt = queryOf({ main: reader });
    expect(spoilt.query('SELECT count(seq) FROM writes_in(1, 1000)').rows).toEqual([[1000]]);
    expect(spoilt.query("SELECT count(seq) FROM writes_in(2001, '*')").rows).toEqual([[1000]]);
    // Statistics alone answer what looks at no column.
    expect(spoilt.query('SELECT count(*) FROM writes').rows).toEqual([[3000]]);
    expect(() => spoilt.query('SELECT sum(size_bytes) FROM writes')).toThrow(TrailFormatError);
    expect(spoilt.query('SELECT count(seq) FROM writes_in(1, 1000)').rows).toEqual([[1000]]);
  });

  it('joins row by row', () => {
    expect(
      rowsOf('SELECT r.seq, count(w.seq) FROM reports AS r JOIN writes_in AS w ON w.seq_to = r.seq GROUP BY r.seq'),
    ).toEqual([[15, 2]]);
  });
});

it('sees what a trail that is being recorded holds after a refresh, also in a chunk that was read before', async () => {
  const path = join(folder, 'growing.trail');
  const writer = TrailWriter.create(path, sampleMeta);
  writer.commitOpen(writesBatch(1, 300));
  await writer.drain();
  const trail = TrailReader.open(path);
  const query = openQuery({ main: trail });
  open.push(query, trail);
  const count = () => query.query('SELECT count(DISTINCT seq) FROM writes').rows;
  expect(count()).toEqual([[300]]);
  writer.append(writesBatch(1, 1000));
  await writer.close(sampleEnding);
  expect(count()).toEqual([[300]]);
  trail.refresh();
  expect(count()).toEqual([[1000]]);
});

describe('a second trail', () => {
  it('is schema b', () => {
    expect(rowsOf('SELECT (SELECT count(*) FROM writes), (SELECT count(*) FROM b.writes)')).toEqual([[2, 6000]]);
    expect(rowsOf('SELECT a.seq, b.seq FROM main.writes AS a JOIN b.writes AS b ON b.seq = a.seq')).toEqual([
      [5, 5],
      [6, 6],
    ]);
  });
});

describe('a view from elsewhere', () => {
  it('stands beside the others', () => {
    const view: ViewDefinition = {
      name: 'twice',
      about: 'numbers and their doubles',
      columns: [
        { name: 'n', unit: 'count', about: 'a number' },
        { name: 'twice', unit: 'count', about: 'its double' },
        { name: 'half', unit: 'count', about: 'its half' },
      ],
      parameters: [{ name: 'upto', about: 'the last number' }],
      *rows({ trail, needs }, [upto]) {
        for (let n = 1; n <= Number(upto ?? trail.events); n++) yield [n, needs('twice') ? 2 * n : null, n / 2];
      },
    };
    const extended = queryOf({ main, b: many }, [view]);
    expect(extended.query('SELECT * FROM twice(3)').rows).toEqual([
      [1, 2, 0.5],
      [2, 4, 1],
      [3, 6, 1.5],
    ]);
    expect(extended.query('SELECT max(n), sum(half) FROM b.twice').rows).toEqual([[6000, 9001500]]);
  });
});

describe('results', () => {
  it('can be taken row by row, and left in the middle', () => {
    const { columns, rows } = query.iterate('SELECT seq FROM b.writes');
    expect(columns).toEqual(['seq']);
    expect([rows.next().value, rows.next().value]).toEqual([[1], [2]]);
    rows.return(undefined);
    expect(rowsOf('SELECT count(*) FROM b.writes')).toEqual([[6000]]);
  });
});

describe('a statement that cannot be', () => {
  it.each([
    ['SELEC 1', 'syntax error'],
    ['', 'no statements'],
    ['SELECT 1; SELECT 2', 'more than one statement'],
    ['SELECT * FROM write', "did you mean 'writes'?"],
    ['SELECT * FROM c.writes', 'no such table'],
    ['SELECT tiem_ns FROM writes', "did you mean 'time_ns'?"],
    ['SELECT frobnicate FROM writes', 'docs/sql.md'],
    ['SELECT ? FROM writes', 'write the values into the query'],
    ['SELECT * FROM writes_in WHERE seq_from > 3', "compare it by '='"],
    ["SELECT * FROM writes_in('first')", "seq_from of writes_in is 'first'"],
    ['SELECT * FROM writes_in(1.5)', 'must be an integer'],
    ["SELECT * FROM events_in(1, 5, 'wirte')", "did you mean 'write'?"],
    ['PRAGMA table_info(writes)', 'PRAGMA is not a query'],
    ["ATTACH 'x.db' AS x", 'ATTACH is not a query'],
    ['-- a comment\n /* and another */ ATTACH ":memory:" AS x', 'ATTACH is not a query'],
    ['CREATE TABLE t (a)', 'CREATE is not a query'],
    ['DELETE FROM writes', 'read-only'],
    ['INSERT INTO writes VALUES (1) RETURNING 1', 'read-only'],
    ['BEGIN', 'BEGIN is not a query'],
    ["VACUUM INTO 'copy.db'", 'VACUUM is not a query'],
  ])('%s: says why', (sql, text) => {
    let error: unknown;
    try {
      query.query(sql);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(UsageError);
    expect((error as UsageError).message).toContain(text);
    expect(rowsOf('SELECT count(*) FROM writes')).toEqual([[2]]);
  });
});

describe('docs/sql.md', () => {
  const text = readFileSync(new URL('../../docs/sql.md', import.meta.url), 'utf8');

  it.each(VIEWS.map((view) => [view.name, view] as const))('describes %s as it is', (_, view) => {
    expect(view.example).toBeDefined();
    expect(text).toContain(`${describeView(view)}\n`);
  });

  // The views behind that heading are not this room's; the analyzer tests them.
  const stored = text.slice(0, text.indexOf('## Views of what follows from it'));
  const examples = Array.from(stored.matchAll(/```sql\n([^]*?)\n```/g), ([, sql]) => sql!);
  it.each(examples)('has an example that runs: %s', (sql) => {
    expect(query.query(sql).columns.length).toBeGreaterThan(0);
  });

  it('has queries worth keeping that say what they promise', () => {
    const after = (heading: string) => rowsOf(/```sql\n([^]*?)\n```/.exec(text.slice(text.indexOf(heading)))![1]!);
    expect(after('Which sizes are written')).toEqual([
      [8, 1, 8],
      [4, 1, 4],
    ]);
    expect(after('The working set by epoch')).toEqual([
      [1, 2, 2],
      [2, 0, 0],
    ]);
    expect(after('The working set: distinct')).toEqual([
      [0, 1, 1],
      [40_000, 1, 1],
    ]);
    expect(after('The ten pages')).toEqual([[16, 1, 1000]]);
  });
});
