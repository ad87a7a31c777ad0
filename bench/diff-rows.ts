/**
 * The peer of `diff`: `node diff-rows.js A.trail B.trail EVENTS FOLDER`. The first events of both trails as rows, each with its CPU and the number of
 * the write of that CPU that it comes before; then per write its events and its cost, joined on both. Only the query is timed: no harvests,
 * no pages, no divergence.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { EVENT_BY_CODE, EventBatch, TrailReader, write } from '../traces/index.js';

const [a, b, events, folder] = process.argv.slice(2);
const path = join(folder!, 'rows.db');
rmSync(path, { force: true });
const db = new Database(path);
db.pragma('journal_mode = OFF');
db.pragma('synchronous = OFF');
for (const [name, trail] of [
  ['a', a!],
  ['b', b!],
] as const) {
  db.exec(`CREATE TABLE ${name} (seq INTEGER PRIMARY KEY, cpu INT, n INT, kind INT, page INT, cost INT) STRICT`);
  const insert = db.prepare(`INSERT INTO ${name} VALUES (?, ?, ?, ?, ?, ?)`);
  const reader = TrailReader.open(trail);
  const batch = new EventBatch();
  const ordinals = new Map<number, number>();
  db.exec('BEGIN');
  for (let chunk = 0, seq = 0; chunk < reader.chunks.length && seq < Number(events); chunk++) {
    reader.readChunk(chunk, batch);
    for (let row = 0; row < batch.length && seq < Number(events); row++) {
      const definition = EVENT_BY_CODE[batch.kind[row]!]!;
      const slot = (definition.slot as Readonly<Record<string, number>>)['cost'];
      const cpu = batch.cpu[row]!;
      const ordinal = (ordinals.get(cpu) ?? 0) + 1;
      if (definition.code === write.code) ordinals.set(cpu, ordinal);
      const costNs = slot === undefined ? 0 : batch.slots[slot]![row]!;
      insert.run(++seq, cpu, ordinal, definition.code, batch.page[row], costNs);
    }
  }
  db.exec('COMMIT');
  db.exec(`CREATE INDEX ${name}_write ON ${name} (cpu, n, seq, kind, cost)`);
  reader.close();
}
const [started, before] = [performance.now(), process.cpuUsage()];
db.prepare(`
  WITH a_writes AS (SELECT cpu, n, group_concat(kind) AS did, sum(cost) AS cost FROM a GROUP BY cpu, n),
       b_writes AS (SELECT cpu, n, group_concat(kind) AS did, sum(cost) AS cost FROM b GROUP BY cpu, n)
  SELECT count(*), sum(b_writes.cost - a_writes.cost) FROM a_writes JOIN b_writes USING (cpu, n)
  WHERE a_writes.did <> b_writes.did OR a_writes.cost <> b_writes.cost
`).get();
const { user, system } = process.cpuUsage(before);
const maxRssBytes = process.resourceUsage().maxRSS * 1024;
process.stdout.write(
  JSON.stringify({ seconds: (performance.now() - started) / 1000, cpuSeconds: (user + system) / 1e6, maxRssBytes }),
);
db.close();
rmSync(path, { force: true });
