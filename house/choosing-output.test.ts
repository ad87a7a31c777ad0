/** The outputs that docs/choosing.md shows are those of the commands it shows them under, on the log that ships. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pagetrail } from '../cli/index.js';
import { ROOT } from './sources.js';

const text = readFileSync(join(ROOT, 'docs/choosing.md'), 'utf8');
const blocks = [...text.matchAll(/^```console\n\$ pagetrail (.*)\n([\s\S]*?)^```$/gm)].map(
  ([, line, output]) => [line!, output!] as const,
);

describe('docs/choosing.md', () => {
  it('shows output', () => {
    expect(blocks.length).toBeGreaterThanOrEqual(2);
  });

  it.each(blocks)('%s', async (line, output) => {
    const words = line.split(' ').map((word) => (word.startsWith('examples/') ? join(ROOT, word) : word));
    const ran = await pagetrail(words, { env: { LANG: 'C.UTF-8' } });
    expect(ran.stderr).toBe('');
    expect(ran.stdout.slice(0, output.length)).toBe(output);
  });
});
