/**
 * Exit code 0 when node_modules holds what package-lock.json names and the compiled part of better-sqlite3 loads in this
 * Node.js; 1 otherwise. Packages for other platforms are not expected.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

try {
  const wanted = JSON.parse(readFileSync('package-lock.json', 'utf8')).packages;
  const present = JSON.parse(readFileSync('node_modules/.package-lock.json', 'utf8')).packages;
  const differs = Object.entries(wanted).some(
    ([path, entry]) => path !== '' && !entry.optional && present[path]?.version !== entry.version,
  );
  const Database = createRequire(import.meta.url)('better-sqlite3');
  new Database(':memory:').close();
  process.exitCode = differs ? 1 : 0;
} catch {
  process.exitCode = 1;
}
