/** Compiled code for tests of what needs it: processes that are killed, and threads, whose workers are compiled files. */
import { execFileSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/**
 * Compiles these sources and all that they import into `built` in that folder, in the order of the repository, and lets scripts there
 * import packages.
 */
export function compile(folder: string, sources: readonly string[]): void {
  const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
  const built = ['--rootDir', ROOT, '--outDir', join(folder, 'built')];
  const language = ['--ignoreConfig', '--noCheck', '--module', 'nodenext', '--target', 'es2022', '--types', 'node'];
  execFileSync(process.execPath, [compiler, ...sources, ...language, ...built], { cwd: ROOT });
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
}
