import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawn, type MemorySource } from '../../replayer/testing/drawn.js';
import { describeView, openQuery, type Query, TrailReader, TrailWriter } from '../../traces/index.js';
import { check } from '../check.js';
import { ANALYSIS_VIEWS } from './index.js';

const SOURCE = drawn(`
  map 17 frame=70
  map 16 frame=71 device
  fault 16 WU not-present cost=100
  pte 16 PW map
  pte 16 PWDA walker
  tlb-fill 16 WD frame=71
  write 16
  write 16
  write 17
  harvest-begin 1          # 10
  pte 16 PWA clean
  flush-send 16 range targets=1 cost=30
  flush-ack 16 range cost=5
  report 16+2
  transfer 16+2 cost=7
  harvest-end 1
  cpu1 write 17            # 17
  cpu1 read 17
  mark 16 bitmap set
  cpu1 write 16
`);

let folder = '';
let reader: TrailReader;
let query: Query;

async function store(source: MemorySource, path: string): Promise<void> {
  const writer = TrailWriter.create(path, source.meta);
  for (const batch of source.batches) writer.append(batch);
  await writer.close(source.ending!);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pagetrail-views-'));
  const path = join(folder, 'a.trail');
  await store(SOURCE, path);
  reader = TrailReader.open(path);
  query = openQuery({ main: reader }, ANALYSIS_VIEWS);
});

afterAll(() => {
  query.close();
  reader.close();
  rmSync(folder, { recursive: true });
});

const rows = (sql: string) => query.query(sql).rows;

describe('pages', () => {
  it('tells what happened to each page, by space and page', () => {
    const sql =
      'SELECT page, writes, first_write_seq, last_write_seq, faults, tlb_fills, pte_changes, reports, false_reports, transfers FROM pages';
    expect(rows(sql)).toEqual([
      [16, 3, 7, 20, 1, 1, 3, 1, 0, 1],
      [17, 2, 9, 17, 0, 0, 0, 1, 0, 1],
    ]);
  });

  it('tells how each page ended', () => {
    const sql =
      'SELECT page, frame, memory, generation, captured, present, writable, dirty, marks, stale, lost FROM pages';
    expect(rows(sql)).toEqual([
      [16, 71, 'device', 3, 2, 1, 1, 0, 'bitmap', 1, 0],
      [17, 70, 'system', 2, 1, 0, 0, 0, '', 1, 1],
    ]);
    expect(rows("SELECT page FROM pages WHERE raw = '0x0'")).toEqual([[17]]);
  });
});

it('epochs: what happened between harvests', () => {
  const sql = `SELECT epoch, complete, writes, pages_written, faults, flushes, ipis, reported_pages, false_pages,
    transferred_bytes, cost_ns, end_seq FROM epochs`;
  expect(rows(sql)).toEqual([
    [1, 1, 3, 2, 1, 1, 1, 2, 0, 8192, 142, 16],
    [2, 0, 2, 2, 0, 0, 0, 0, 0, 0, 0, 20],
  ]);
});

it('cpus: what each CPU did', () => {
  const sql =
    'SELECT cpu, writes, reads, faults, tlb_fills, flushes_sent, ipis_sent, flushes_acknowledged, cost_ns FROM cpus';
  expect(rows(sql)).toEqual([
    [0, 3, 0, 1, 1, 1, 1, 1, 142],
    [1, 2, 1, 0, 0, 0, 0, 0, 0],
  ]);
});

it('findings: what check finds', () => {
  const { findings } = check(SOURCE);
  expect(findings.length).toBeGreaterThan(0);
  const sql = 'SELECT detector, severity, certainty, page, cpu, seq, summary, evidence, root_cause, fix FROM findings';
  expect(rows(sql)).toEqual(
    findings.map(({ id, severity, certainty, page, cpu, seq, summary, evidence, rootCause, fix }) => [
      id,
      severity,
      certainty,
      page,
      cpu,
      seq,
      summary,
      JSON.stringify(evidence),
      rootCause,
      fix,
    ]),
  );
});

it('can be joined with each other and with what is stored', () => {
  expect(rows('SELECT f.page, p.writes FROM findings f JOIN pages p USING (page) GROUP BY f.page')).toEqual([[17, 2]]);
  expect(
    rows(
      'SELECT (SELECT sum(writes) FROM pages), (SELECT sum(writes) FROM epochs), (SELECT sum(writes) FROM cpus), count(*) FROM writes',
    ),
  ).toEqual([[5, 5, 5, 5]]);
});

it.each(ANALYSIS_VIEWS.map((view) => [view.name, view] as const))(
  '%s documents its columns, and its example runs',
  (_, view) => {
    expect(new Set(view.columns.map(({ name }) => name)).size).toBe(view.columns.length);
    expect(query.query(`SELECT * FROM ${view.name}`).columns).toEqual(view.columns.map(({ name }) => name));
    expect(() => query.query(view.example ?? '')).not.toThrow();
  },
);

describe('docs/sql.md', () => {
  const text = readFileSync(new URL('../../docs/sql.md', import.meta.url), 'utf8');

  it.each(ANALYSIS_VIEWS.map((view) => [view.name, view] as const))('describes %s as it is', (_, view) => {
    expect(text).toContain(`${describeView(view)}\n`);
  });
});
