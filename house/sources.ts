/** The source files of the project and what they import, read as text: what the tests about the house look at. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the repository. */
export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

export interface Import {
  /** File from the root of the repository, and the line of the import. */
  readonly file: string;
  readonly line: number;
  /** As written: `./x.js`, `node:fs`, `commander`. */
  readonly specifier: string;
}

/** Every TypeScript file below `folder`, from the root of the repository, sorted. */
export function sourceFiles(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .sort();
}

/** The imports and re-exports of a file, `import(...)` and type imports included. */
export function importsOf(file: string): Import[] {
  return importsInText(file, readFileSync(join(ROOT, file), 'utf8'));
}

/** The same for a text, so that the test can show that it finds what it looks for. */
export function importsInText(file: string, text: string): Import[] {
  const found: Import[] = [];
  const pattern = /(?:\bfrom\s*|\bimport\s*\(\s*|^\s*import\s+)(['"])([^'"\n]+)\1/gm;
  for (const match of text.matchAll(pattern)) {
    found.push({ file, line: text.slice(0, match.index).split('\n').length, specifier: match[2]! });
  }
  return found;
}
