/**
 * Time travel in a long trail: how long from a question at a random event to its answer. Peers: for `last`, one row per event in SQLite with
 * an index on (page, seq); for the state, folding the trail from its beginning.
 */
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Random } from '../base/index.js';
import { countsAt, Fold, foldSelection, History, Replayer, type Subject } from '../replayer/index.js';
import { EventBatch, TrailReader } from '../traces/index.js';
import { type Bench, figure, type Figure } from './report.js';

/** Questions of each kind. */
const ASKED = 200;
/** Questions about the whole state. */
const ASKED_WHOLE = 20;
/** Pages that are asked about. */
const ASKED_PAGES = 4096;
/** Steps in each direction. */
const STEPS = 5000;
/** Longer trails are not put into rows: it would take longer than all the rest. */
const MOST_ROWS = 2e7;

/** @param wholeGoal ms for the whole state, by the number of pages */
export function seeking(id: string, workload: string, pages: number, writes: number, wholeGoal: string): Bench {
  return {
    id,
    title: `time travel in ${writes / 1e6} M writes of ${workload} over ${pages.toLocaleString('en')} pages`,
    run({ scratch, node, dist }) {
      const trail = join(scratch, `${id}.trail`);
      const size = ['--workload', workload, '--writes', String(writes), '--pages', String(pages)];
      spawnSync(node, [join(dist, 'cli/main.js'), 'record', ...size, '-o', trail], { stdio: 'ignore' });
      return figuresOf(trail, join(scratch, `${id}.rows`), wholeGoal);
    },
  };
}

function figuresOf(trail: string, rows: string, wholeGoal: string): Figure[] {
  const random = new Random(1);
  const opening = performance.now();
  const reader = TrailReader.open(trail);
  const openMs = performance.now() - opening;
  const part = Replayer.open(reader, { space: 0, from: 0, to: 1 });
  const whole = Replayer.open(reader);
  const history = History.open(reader);
  const { pages } = whole.goTo(reader.events);
  const count = pages.count;
  // Not all of them: what is measured below is the memory that answers take.
  const known = Float64Array.from({ length: ASKED_PAGES }, () => pages.page[random.below(count)]!);
  const page = () => known[random.below(ASKED_PAGES)]!;
  const seq = () => 1 + random.below(reader.events);
  const { forward, backward } = stepping(whole, seq);
  const last = (subject: (page: number) => Subject) => p99(ASKED, () => void history.last(subject(page()), seq()));
  const some = (count: number) => p99(ASKED, () => void part.narrow(from(page(), count)).goTo(seq()));
  const onePage = some(1);
  const manyPages = some(4096);
  const counts = p99(ASKED, () => void countsAt(reader, seq()));
  const wholeState = p99(ASKED_WHOLE, () => void whole.goTo(seq()));
  const lastOfPage = last((at) => ({ kind: 'page', space: 0, page: at }));
  const lastOfEntry = last((at) => ({ kind: 'pte', space: 0, page: at }));
  const lastOfMark = last((at) => ({ kind: 'carrier', carrier: 'bitmap', space: 0, page: at }));
  const lastOfTlb = last((at) => ({ kind: 'tlb', cpu: 0, space: 0, page: at }));
  // Before the peers, which take memory of their own.
  const memory = process.memoryUsage().rss / 1e6;
  const rowsMs = reader.events <= MOST_ROWS ? rowsPeer(reader, rows, page, seq) : undefined;
  const [aside, size] = [indexBytes(trail), statSync(trail).size];
  const figures = [
    figure('events', reader.events / 1e6, 'M'),
    figure('open', openMs, 'ms', '< 100'),
    figure('one page, p99', onePage, 'ms', '< 50'),
    figure('4,096 pages, p99', manyPages, 'ms', '< 50'),
    figure('counts, p99', counts, 'ms', '< 50'),
    figure('whole state, p99', wholeState, 'ms', wholeGoal, foldMs(reader)),
    figure('last of a page, p99', lastOfPage, 'ms', '< 5', rowsMs),
    figure('last of an entry, p99', lastOfEntry, 'ms', '< 5'),
    figure('last of a mark, p99', lastOfMark, 'ms', '< 5'),
    figure('last of a TLB entry, p99', lastOfTlb, 'ms', '< 5'),
    figure('step forwards', forward, 'us'),
    figure('step backwards', backward, 'us', '', forward),
    figure('memory', memory, 'MB', '< 300'),
    figure('checkpoints, index', (aside / size) * 100, '% of file'),
    figure('checkpoints, index', aside / count / (reader.events / 1e6), 'B/page/1 M events'),
    figure(
      'of what they may take',
      (aside / Math.max(size / 10, 8 * count * (reader.events / 1e6))) * 100,
      '%',
      '<= 100',
    ),
  ];
  reader.close();
  return figures;
}

function from(page: number, pages: number): { space: number; from: number; to: number } {
  return { space: 0, from: page, to: page + pages };
}

/** ms that 99 of 100 answers took at most. */
function p99(asked: number, ask: () => void): number {
  ask();
  const times: number[] = [];
  for (let i = 0; i < asked; i++) {
    const started = performance.now();
    ask();
    times.push(performance.now() - started);
  }
  return times.sort((a, b) => a - b)[Math.ceil(asked * 0.99) - 1]!;
}

/** us a step, in the middle of the trail. */
function stepping(replayer: Replayer, seq: () => number): { forward: number; backward: number } {
  const start = Math.max(STEPS + 2, seq());
  replayer.goTo(start);
  replayer.goTo(start - 1);
  const walk = (by: number) => {
    const started = performance.now();
    for (let i = 0; i < STEPS; i++) replayer.goTo(replayer.fold.seq + by);
    return ((performance.now() - started) * 1000) / STEPS;
  };
  const first = Math.min(start - 1, replayer.lastSeq - STEPS);
  replayer.goTo(first);
  replayer.goTo(first - 1);
  const forward = walk(1);
  return { forward, backward: walk(-1) };
}

/** ms to fold half of the trail from its beginning: what the state at a random event costs without checkpoints. */
function foldMs(reader: TrailReader): number {
  const fold = new Fold(reader.meta);
  const batch = new EventBatch();
  const selection = foldSelection(reader.meta);
  const started = performance.now();
  for (let chunk = 0; chunk < reader.chunks.length / 2; chunk++) {
    reader.readChunk(chunk, batch, selection);
    fold.apply(batch);
  }
  return performance.now() - started;
}

/** ms, p99, for the last event about a page in rows with an index. */
function rowsPeer(reader: TrailReader, path: string, page: () => number, seq: () => number): number {
  const db = new Database(path);
  db.pragma('journal_mode = OFF');
  db.exec('CREATE TABLE event (seq INTEGER PRIMARY KEY, kind INT, page INT) STRICT');
  const insert = db.prepare('INSERT INTO event VALUES (?, ?, ?)');
  const batch = new EventBatch();
  for (let chunk = 0; chunk < reader.chunks.length; chunk++) {
    reader.readChunk(chunk, batch);
    db.transaction(() => {
      for (let row = 0; row < batch.length; row++) insert.run(batch.firstSeq + row, batch.kind[row], batch.page[row]);
    })();
  }
  db.exec('CREATE INDEX by_page ON event (page, seq)');
  const last = db.prepare('SELECT * FROM event WHERE page = ? AND seq <= ? ORDER BY seq DESC LIMIT 1');
  const found = p99(ASKED, () => void last.get(page(), seq()));
  db.close();
  return found;
}

/** Bytes of checkpoints and page index. They may take a tenth of the file, or 8 bytes a page and million events where that is more. */
function indexBytes(trail: string): number {
  const db = new Database(trail, { readonly: true });
  const bytes = db
    .prepare('SELECT (SELECT sum(length(body)) FROM checkpoint) + (SELECT sum(length(body)) FROM page_index)')
    .pluck()
    .get() as number;
  db.close();
  return bytes;
}
