/** What the manifest and the lock file promise to whoever installs the project. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importsOf, ROOT, sourceFiles } from './sources.js';

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const manifest = JSON.parse(read('package.json')) as {
  engines: { node: string };
  bin: Record<string, string>;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
};
const lock = JSON.parse(read('package-lock.json')) as {
  packages: Record<string, { version?: string; resolved?: string; optionalDependencies?: Record<string, string> }>;
};

describe('package.json', () => {
  it.each(Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }))(
    'names %s by an exact version',
    (name, version) => {
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
      expect(lock.packages[`node_modules/${name}`]?.version).toBe(version);
    },
  );

  it('has a bin whose source begins with a shebang', () => {
    const source = manifest.bin['pagetrail']!.replace(/^dist\//, '').replace(/\.js$/, '.ts');
    expect(read(source)).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  it('runs on every Node.js that the set-up script accepts', () => {
    expect(manifest.engines.node).toBe('>=20.19');
    expect(read('scripts/setup.sh')).toContain('20.19');
  });

  it('lists every package that a source file imports, and no other', () => {
    const used = new Set<string>();
    for (const room of ['base', 'traces', 'simulator', 'recorder', 'replayer', 'analyzer', 'cli']) {
      for (const file of sourceFiles(room).filter((name) => !name.endsWith('.test.ts'))) {
        for (const { specifier } of importsOf(file)) {
          if (!specifier.startsWith('.') && !specifier.startsWith('node:')) {
            used.add(
              specifier
                .split('/')
                .slice(0, specifier.startsWith('@') ? 2 : 1)
                .join('/'),
            );
          }
        }
      }
    }
    expect([...used].sort()).toEqual(Object.keys(manifest.dependencies).sort());
  });
});

describe('package-lock.json', () => {
  it('has an entry for every package of every platform, or npm ci refuses it', () => {
    const names = new Set(Object.keys(lock.packages).map((path) => path.replace(/^.*node_modules\//, '')));
    const wanted = Object.values(lock.packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
    expect(wanted.filter((name) => !names.has(name))).toEqual([]);
  });

  it('names no registry', () => {
    expect(Object.entries(lock.packages).filter(([, entry]) => entry.resolved !== undefined)).toEqual([]);
    expect(read('package-lock.json')).not.toMatch(/https?:\/\/[^"]*(registry|npm)[^"]*\.tgz/);
  });
});

describe('the repository', () => {
  it.each([
    'README.md',
    'ARCHITECTURE.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    'LICENSE',
    'docs/glossary.md',
    'docs/limitations.md',
  ])('has %s', (file) => {
    expect(existsSync(join(ROOT, file))).toBe(true);
  });
});
