/** The commands that documents and help texts show exist, with the options that they are shown with; so do the files they link to. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMANDS, commandLineOf, type KnownCommand } from '../cli/index.js';
import { ROOT, sourceFiles } from './sources.js';

const DOCUMENTS = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'examples/logs/README.md'].concat(
  readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
);
const scripts = (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> })
  .scripts;
const known: ReadonlyMap<string, KnownCommand> = commandLineOf();

/** Commands in fenced blocks and in `code`, one a line, without prompt. */
function commandsIn(document: string): string[] {
  const text = readFileSync(join(ROOT, document), 'utf8');
  const fenced = [...text.matchAll(/^```(?:sh|console)\n([\s\S]*?)^```$/gm)].flatMap(([, block]) => block!.split('\n'));
  const inline = [...text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/`((?:pagetrail|sh|npm) [^`]+)`/g)].map(
    ([, code]) => code!,
  );
  return [...fenced, ...inline]
    .map((line) =>
      line
        .replace(/^\$ /, '')
        .replace(/ +# .*$/, '')
        .trim(),
    )
    .flatMap((line) => line.split(/ \| | && /))
    .map((line) => line.trim())
    .filter((line) => /^(pagetrail|sh scripts|npm (run|test))/.test(line));
}

/** What is wrong with a command that is shown; null when nothing is. */
function complaint(line: string): string | null {
  const words = line.replace(/"[^"]*"|'[^']*'/g, 'QUOTED').split(/\s+/);
  if (words[0] === 'sh') return existsSync(join(ROOT, words[1]!)) ? null : `${line}: there is no ${words[1]}`;
  if (words[0] === 'npm') {
    const script = words[1] === 'run' ? words[2]! : 'test';
    return script in scripts ? null : `${line}: there is no script ${script}`;
  }
  if (words.length === 1 || words[1]!.startsWith('-') || words[1] === 'help' || /^[<A-Z]/.test(words[1]!)) return null;
  const command = known.get(words[1]!);
  if (command === undefined) return `${line}: there is no command ${words[1]}`;
  const unknown = words
    .filter((word) => /^--?[a-z]/.test(word))
    .find((word) => !command.flags.includes(word.replace(/=.*/, '')));
  return unknown === undefined ? null : `${line}: ${words[1]} has no ${unknown}`;
}

describe('documents', () => {
  it.each(DOCUMENTS)('%s has no marks of a merge', (document) => {
    expect(readFileSync(join(ROOT, document), 'utf8')).not.toMatch(/^(<<<<<<<|=======|>>>>>>>)( |$)/m);
  });

  it.each(DOCUMENTS)('%s shows commands that exist', (document) => {
    expect(
      commandsIn(document)
        .map(complaint)
        .filter((line) => line !== null),
    ).toEqual([]);
  });

  it('errors and comments name commands that exist', () => {
    const sources = sourceFiles('.').filter((file) => !/^(node_modules|dist|demo)\/|\.test\.ts$/.test(file));
    const named = sources.flatMap((file) =>
      [...readFileSync(join(ROOT, file), 'utf8').matchAll(/`(pagetrail [a-z][^`\\$\n]*)/g)].map(([, line]) =>
        line!.trim(),
      ),
    );
    expect(named).toContain('pagetrail list strategies');
    expect(named.map(complaint).filter((line) => line !== null)).toEqual([]);
  });

  it('README shows how to begin, and every command', () => {
    const shown = commandsIn('README.md');
    expect(shown).toContain('sh scripts/demo.sh');
    expect(shown).toContain('sh scripts/test.sh');
    for (const { name } of COMMANDS)
      expect(
        shown.some((line) => line.startsWith(`pagetrail ${name}`)),
        name,
      ).toBe(true);
  });

  it.each(DOCUMENTS)('%s links to files that exist', (document) => {
    const text = readFileSync(join(ROOT, document), 'utf8');
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)].map(([, path]) => path!);
    expect(links.filter((path) => !existsSync(join(ROOT, dirname(document), path)))).toEqual([]);
  });

  it.each(COMMANDS.map(({ name, examples }) => [name, examples] as const))(
    'examples of %s use options that exist',
    (_, examples) => {
      const lines = examples.flatMap(({ line }) => line.split(' | ')).filter((line) => line.startsWith('pagetrail'));
      expect(lines.map(complaint).filter((line) => line !== null)).toEqual([]);
    },
  );

  it.each([
    ['pagetrail recrod x', 'there is no command recrod'],
    ['pagetrail record --workloads zipf', 'record has no --workloads'],
    ['sh scripts/none.sh', 'there is no scripts/none.sh'],
    ['npm run none', 'there is no script none'],
  ])('finds what is wrong with %s', (line, expected) => {
    expect(complaint(line)).toContain(expected);
  });
});
