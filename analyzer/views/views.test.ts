import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawn, type MemorySource } from '../../replayer/testing/drawn.js';
import { describeView, openQuery, type Query, TrailReader, TrailWriter } from '../../traces/index.js';
import { check } from '../check.js';
import { statistics } from '../statistics/index.js';
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

it('statistics: what `stats` tells, as rows', () => {
  const report = statistics(SOURCE, { window: { unit: 'ns', size: 50 } });
  expect(rows('SELECT time_ns, below_ns, writes, written_bytes, dirtied_pages FROM dirty_rate(50)')).toEqual(
    report.dirtyRate!.windows.map((at) => [at.from, at.below, at.writes, at.bytesWritten, at.pagesDirtied]),
  );
  // Writes at 70, 80, 90, 170, 200 ns; pages 16, 16, 17, 17, 16.
  expect(rows('SELECT time_ns, dirtied_pages FROM dirty_rate(50)')).toEqual([
    [0, 0],
    [50, 2],
    [100, 0],
    [150, 1],
    [200, 1],
  ]);
  expect(rows('SELECT pages FROM working_set(100)')).toEqual([[2], [1], [1]]);
  expect(rows('SELECT * FROM working_set_curve')).toEqual(
    report.workingSet!.curve.map((at) => [at.windowNs, at.windows, at.meanPages, at.maxPages]),
  );
  expect(rows('SELECT from_ns, below_ns, count FROM redirty')).toEqual([
    [80, 90, 1],
    [100, 200, 1],
  ]);
  expect(rows('SELECT from_epochs, count, share FROM redirty_epochs')).toEqual([[1, 2, 1]]);
  expect(rows('SELECT from_pages, count, up_to_share FROM reuse_distance')).toEqual([
    [0, 2, 2 / 3],
    [1, 1, 1],
  ]);
  expect(rows('SELECT from_ns, count FROM fault_latency')).toEqual([[100, 1]]);
  expect(rows('SELECT from_ns, count FROM fault_interarrival')).toEqual([]);
  expect(rows('SELECT count(*) FROM harvest_intervals')).toEqual([[0]]);
  expect(rows('SELECT from_ns, below_ns, count FROM stalls')).toEqual([[100, 200, 1]]);
  expect(rows("SELECT count, min, p50, max, mean, exact FROM percentiles WHERE of = 'redirty'")).toEqual([
    [2, 80, 80, 130, 105, 1],
  ]);
  expect(rows("SELECT count, p50, mean FROM percentiles WHERE of = 'fault_interarrival'")).toEqual([[0, null, null]]);
});

it.each(['0', '-5', "'x'", '1.5'])('windows of %s ns are refused', (size) => {
  expect(() => rows(`SELECT * FROM working_set(${size})`)).toThrow(/is not a number of ns.*above 0/);
});

it('can be joined with each other and with what is stored', () => {
  expect(rows('SELECT f.page, p.writes FROM findings f JOIN pages p USING (page) GROUP BY f.page')).toEqual([
    [16, 3],
    [17, 2],
  ]);
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
