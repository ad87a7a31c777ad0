/**
 * `npm run bench [-- ID...]`: the figures that the documents quote, each beside its peer in the same run.
 * `--log FILE` records that plain-text lackey log instead of the shipped one; `--runs N` sets the counted runs (default 3).
 */
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { diffing } from './diffing.js';
import { exploring } from './exploring.js';
import { reading } from './reading.js';
import { hotPage, lackeyLog, zipf } from './recording.js';
import { print } from './report.js';
import { seeking } from './seeking.js';
import { statisticsOfTrails } from './statistics.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { log: { type: 'string' }, runs: { type: 'string', default: '3' } },
});
const dist = dirname(dirname(fileURLToPath(import.meta.url)));
const scratch = mkdtempSync(join(tmpdir(), 'pagetrail-bench-'));
try {
  const once = values.log ?? shippedLog('ls.lk', 1);
  const benches = [
    hotPage,
    zipf,
    lackeyLog('lackey', `record a lackey log, once (${basename(once)}): start-up counts`, once),
    lackeyLog('lackey-long', 'record a long lackey log: the shipped one eight times over', shippedLog('ls8.lk', 8)),
    reading('hot-page', 10_000_000),
    reading('zipf', 5_000_000),
    diffing,
    statisticsOfTrails,
    seeking('seek', 'zipf', 4096, 5_000_000, '< 50'),
    seeking('seek-wide', 'zipf', 65_536, 5_000_000, '< 50'),
    exploring('explore', { strategy: 'hw-dirty', cpus: 3, pages: 2, writes: 2, harvests: 2 }, '>= 1', true),
    exploring('explore-large', { strategy: 'hw-dirty', cpus: 3, pages: 3, writes: 2, harvests: 2 }, '>= 1', true),
    ...(positionals.includes('seek-huge') ? [seeking('seek-huge', 'zipf', 4096, 75_000_000, '< 50')] : []),
    ...(positionals.includes('seek-million')
      ? [seeking('seek-million', 'sparse-scatter', 1_048_576, 12_000_000, '< 500')]
      : []),
    // Minutes and gigabytes: only where it is asked for by name.
    ...(positionals.includes('explore-huge')
      ? [
          exploring(
            'explore-huge',
            { strategy: 'pfn-mkwrite', cpus: 3, pages: 2, writes: 3, harvests: 3 },
            '>= 0.5',
            false,
          ),
        ]
      : []),
  ];
  for (const bench of benches) {
    if (positionals.length > 0 && !positionals.includes(bench.id)) continue;
    print(bench, bench.run({ scratch, runs: Number(values.runs), node: process.execPath, dist }));
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/** The log in the repository, unpacked (a pipe through gunzip would be measured otherwise) and written `times` times. */
function shippedLog(name: string, times: number): string {
  const path = join(scratch, name);
  const text = gunzipSync(readFileSync(join(dirname(dist), 'examples/logs/ls.lk.gz')));
  for (let i = 0; i < times; i++) appendFileSync(path, text);
  return path;
}
