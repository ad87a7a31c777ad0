/** docs/debugging.md: its sessions are what those commands print, and its table of commands is the list. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEBUG_COMMANDS, pagetrail, scratchFolder } from '../cli/index.js';
import { ROOT } from './sources.js';

const scratch = scratchFolder();
afterAll(() => scratch.remove());

const document = readFileSync(join(ROOT, 'docs/debugging.md'), 'utf8');
const sessions = [...document.matchAll(/^```console\n\$ pagetrail debug demo\/(.*)\n([\s\S]*?)^```$/gm)].map(
  ([, trail, output]) => ({ trail: trail!, output: output! }),
);

beforeAll(async () => {
  // As scripts/demo.sh records it.
  const log = join(ROOT, 'examples/logs/ls.lk.gz');
  const options = ['--strategy', 'hw-dirty', '--mutate', 'no-flush', '--harvest-every', '10000'];
  const ran = await pagetrail(['record', '--import', log, ...options, '-o', scratch.path('no-flush.trail')]);
  expect(ran.stderr).toBe('');
});

describe('docs/debugging.md', () => {
  it('shows sessions', () => {
    expect(sessions.length).toBeGreaterThanOrEqual(1);
  });

  it.each(sessions)('$trail', async ({ trail, output }) => {
    const commands = output.split('\n').flatMap((line) => (line.startsWith('> ') ? [line.slice(2)] : []));
    const ran = await pagetrail(['debug', scratch.path(trail)], { stdin: commands.join('\n') });
    expect(ran.stderr).toBe('');
    expect(ran.stdout).toBe(output);
  });

  it('has every command in its table, with its summary', () => {
    const rows = DEBUG_COMMANDS.map(
      ({ usage, aliases, summary }) =>
        `| \`${usage.replaceAll('|', '\\|')}\` | ${aliases.map((alias) => `\`${alias}\``).join(' ')} | ${summary.replaceAll('|', '\\|')} |`,
    );
    expect(document).toContain(['| command | short | what it does |', '| --- | --- | --- |', ...rows].join('\n'));
  });
});
