/**
 * The arrows between the rooms. A room may import the rooms and packages that its row names, another room only through that
 * room's index.ts, and never in a circle. Tests may look into any room, through its index.ts or its folder testing/.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Import, importsInText, importsOf, ROOT, sourceFiles } from './sources.js';

interface Room {
  readonly rooms: readonly string[];
  /** Packages it may use; `node:` stands for every module of Node.js. */
  readonly packages: readonly string[];
}

/** A room that is not built yet keeps its row: the rule comes before the code. */
const ROOMS: Readonly<Record<string, Room>> = {
  base: { rooms: [], packages: ['node:'] },
  traces: { rooms: ['base'], packages: ['node:', '@msgpack/msgpack', 'better-sqlite3'] },
  simulator: { rooms: ['base', 'traces'], packages: [] },
  recorder: { rooms: ['base', 'simulator', 'traces'], packages: ['node:'] },
  replayer: { rooms: ['base', 'traces'], packages: ['node:'] },
  analyzer: { rooms: ['base', 'traces', 'replayer'], packages: ['node:'] },
  explorer: { rooms: ['base', 'traces', 'simulator', 'recorder', 'replayer', 'analyzer'], packages: ['node:'] },
  viewer: { rooms: ['base', 'replayer', 'analyzer', 'explorer'], packages: ['node:'] },
  cli: {
    rooms: ['base', 'traces', 'simulator', 'recorder', 'replayer', 'analyzer', 'explorer', 'viewer'],
    packages: ['node:', 'commander', 'cli-table3'],
  },
};

/** Parts of `traces` that read and write files; the simulator knows the vocabulary and layouts only. */
const NO_FILES = ['TrailReader', 'TrailWriter', 'openQuery'];

const isTest = (file: string): boolean =>
  file.endsWith('.test.ts') || file.endsWith('/testing.ts') || file.includes('/testing/');
const at = (found: Import, complaint: string): string => `${found.file}:${found.line}: ${complaint}`;

/** What is wrong with an import, as a line to read; null when nothing is. */
function complaint(found: Import): string | null {
  const room = found.file.split('/')[0]!;
  const rules = ROOMS[room]!;
  if (!found.specifier.startsWith('.')) {
    const allowed = rules.packages.some((name) =>
      name.endsWith(':')
        ? found.specifier.startsWith(name)
        : found.specifier === name || found.specifier.startsWith(`${name}/`),
    );
    return allowed || isTest(found.file) ? null : at(found, `${room} may not use the package '${found.specifier}'`);
  }
  const target = normalize(join(dirname(found.file), found.specifier));
  const targetRoom = target.split('/')[0]!;
  if (targetRoom === room) return null;
  if (!isTest(found.file) && !rules.rooms.includes(targetRoom))
    return at(found, `${room} may not import ${targetRoom}`);
  if (isTest(found.file) && target.startsWith(`${targetRoom}/testing/`)) return null;
  if (targetRoom in ROOMS && target !== join(targetRoom, 'index.js')) {
    return at(found, `${targetRoom} is imported past its index.ts: '${found.specifier}'`);
  }
  return null;
}

const existing = Object.keys(ROOMS).filter((room) => existsSync(join(ROOT, room)));

function sourceText(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

describe('arrows', () => {
  it.each(existing)('%s imports only what its row allows', (room) => {
    const complaints = sourceFiles(room)
      .flatMap(importsOf)
      .map(complaint)
      .filter((line) => line !== null);
    expect(complaints).toEqual([]);
  });

  it.each([
    [
      'another room past its index',
      'recorder/x.ts',
      '../traces/codec/varints.js',
      'recorder/x.ts:1: traces is imported past',
    ],
    [
      'a room that is not in the row',
      'recorder/x.ts',
      '../replayer/index.js',
      'recorder/x.ts:1: recorder may not import replayer',
    ],
    [
      'a package that is not in the row',
      'simulator/x.ts',
      'node:fs',
      "simulator/x.ts:1: simulator may not use the package 'node:fs'",
    ],
    [
      'a test that reaches past an index',
      'recorder/x.test.ts',
      '../traces/codec/varints.js',
      'recorder/x.test.ts:1: traces is',
    ],
  ])('finds %s', (_, file, specifier, expected) => {
    const found = importsInText(file, `import { a } from '${specifier}';`);
    expect(found).toHaveLength(1);
    expect(complaint(found[0]!)).toContain(expected);
  });

  it.each([
    ['a named import over lines', "import {\n  a,\n} from './a.js';"],
    ['an import for its effect', "import './a.js';"],
    ['an import on demand', "const a = await import('./a.js');"],
    ['a type import', "import type { A } from './a.js';"],
    ['a re-export', "export * from './a.js';"],
  ])('reads %s', (_, text) => {
    expect(importsInText('x.ts', text).map((found) => found.specifier)).toEqual(['./a.js']);
  });

  it('has no circle between rooms', () => {
    const placed = new Set<string>();
    for (let round = 0; round < Object.keys(ROOMS).length; round++) {
      for (const [room, { rooms }] of Object.entries(ROOMS))
        if (rooms.every((used) => placed.has(used))) placed.add(room);
    }
    expect(Object.keys(ROOMS).filter((room) => !placed.has(room))).toEqual([]);
  });

  it('keeps files out of the simulator', () => {
    const users = sourceFiles('simulator').filter((file) => {
      const text = sourceText(file);
      return !isTest(file) && NO_FILES.some((name) => text.includes(name));
    });
    expect(users).toEqual([]);
  });

  it('loads the rooms that do the work only when a command needs them, so that help comes at once', () => {
    const onDemand = new Set(['cli/catalogues.ts', 'cli/catalogue-entries.ts']);
    // What is in cli/debug/ is loaded by the commands that need it.
    const eager =
      /^import (?!type )[^;]*? from '(?:(?:\.\.\/)+(traces|simulator|recorder|replayer|analyzer)\/index|\.{1,2}\/debug\/[^']*)\.js';/gm;
    const found = sourceFiles('cli')
      .filter((file) => !isTest(file) && !onDemand.has(file) && !file.startsWith('cli/debug/'))
      .flatMap((file) => [...sourceText(file).matchAll(eager)].map(([line]) => `${file}: ${line}`));
    expect(found).toEqual([]);
  });

  it('opens each room with an index that says what the room is for', () => {
    for (const room of existing) {
      expect(sourceText(join(room, 'index.ts')), room).toMatch(new RegExp(`^/\\*\\*\\n \\* ${room}: `));
    }
  });
});
