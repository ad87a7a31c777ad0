/** The outputs that README shows are those of the commands it shows them under: each block is how the real output begins. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pagetrail, scratchFolder } from '../cli/index.js';
import { ROOT } from './sources.js';

const scratch = scratchFolder();
afterAll(() => scratch.remove());

const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
const blocks = [...readme.matchAll(/^```console\n\$ pagetrail (.*)\n([\s\S]*?)^```$/gm)].map(([, line, output]) => ({
  line: line!,
  output: output!,
}));

/** The words of a line, without the quotes that hold some together. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, plain]) => double ?? single ?? plain!,
  );
}

beforeAll(async () => {
  const log = join(ROOT, 'examples/logs/ls.lk.gz');
  // As scripts/demo.sh records them.
  for (const [name, ...options] of [
    ['full-upload', '--strategy', 'full-upload'],
    ['pfn-mkwrite', '--strategy', 'pfn-mkwrite'],
    ['hw-dirty', '--strategy', 'hw-dirty'],
    ['no-flush', '--strategy', 'hw-dirty', '--mutate', 'no-flush'],
  ]) {
    const output = scratch.path(`${name}.trail`);
    const ran = await pagetrail(['record', '--import', log, ...options, '--harvest-every', '10000', '-o', output]);
    expect(ran.stderr).toBe('');
  }
});

describe('README', () => {
  it('shows output', () => {
    expect(blocks.length).toBeGreaterThanOrEqual(4);
  });

  it.each(blocks)('$line', async ({ line, output }) => {
    const folder = scratch.path('');
    const ran = await pagetrail(
      wordsOf(line).map((word) => word.replace(/^demo\//, folder)),
      {
        env: { LANG: 'C.UTF-8' },
      },
    );
    expect(ran.stderr).toBe('');
    // A line `...` stands for lines that are left out.
    const said = ran.stdout.replaceAll(folder, 'demo/');
    let at = 0;
    for (const [i, part] of output.split(/^\.\.\.\n/m).entries()) {
      if (i > 0) at = Math.max(at, said.indexOf(part, at));
      expect(said.slice(at, at + part.length)).toBe(part);
      at += part.length;
    }
  });
});
