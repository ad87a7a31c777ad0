/**
 * The peer: the same source through the same machine, one row per event in a STRICT better-sqlite3 table, 50,000 rows a
 * transaction, no index. Run as a process of its own: `node row-per-event.js SOURCE OUTPUT`, SOURCE as in `sources.ts`.
 */
import { rmSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { openSource } from '../recorder/index.js';
import { AccessBatch, configure, Simulation } from '../simulator/index.js';
import type { EventBatch } from '../traces/index.js';

const ROWS_PER_TRANSACTION = 50_000;

const [sourceText, output] = process.argv.slice(2);
rmSync(output!, { force: true });
const db = new Database(output!);
db.pragma('journal_mode = WAL');
db.pragma('synchronous = NORMAL');
db.exec(`CREATE TABLE event (seq INTEGER PRIMARY KEY, time_ns INT, cpu INT, actor INT, space INT, step INT, kind INT, page INT,
  a INT, b INT, c INT, d INT, e INT, f INT) STRICT`);
const insert = db.prepare('INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
let open = 0;

function store(batch: EventBatch): void {
  const [a, b, c, d, e, f] = batch.slots;
  for (let i = 0; i < batch.length; i++) {
    if (open === 0) db.exec('BEGIN');
    insert.run(
      batch.firstSeq + i, batch.time[i], batch.cpu[i], batch.actor[i], batch.space[i], batch.step[i], batch.kind[i], batch.page[i],
      a![i], b![i], c![i], d![i], e![i], f![i],
    ); // biome-ignore format: one line of columns, one of fields
    if (++open === ROWS_PER_TRANSACTION) {
      db.exec('COMMIT');
      open = 0;
    }
  }
}

const simulation = new Simulation(configure({}), store);
const source = await openSource(JSON.parse(sourceText!), { seed: 1, cpus: undefined });
const accesses = new AccessBatch();
for (;;) {
  accesses.length = 0;
  if ((await source.fill(accesses)) === 0) break;
  simulation.play(accesses);
}
simulation.finish(source.programNs);
store(simulation.openBatch);
if (open > 0) db.exec('COMMIT');
db.pragma('wal_checkpoint(TRUNCATE)');
db.pragma('journal_mode = DELETE');
db.close();
process.stdout.write(JSON.stringify({ writes: simulation.writes, bytes: statSync(output!).size }));
