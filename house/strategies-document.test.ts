/** Every strategy has a section in docs/strategies.md, and the document names no other. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { STRATEGIES } from '../simulator/index.js';
import { ROOT } from './sources.js';

it('docs/strategies.md has one section per strategy', () => {
  const text = readFileSync(join(ROOT, 'docs/strategies.md'), 'utf8');
  expect([...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title)).toEqual(
    expect.arrayContaining(STRATEGIES.map(({ id }) => id)),
  );
  expect([...text.matchAll(/^## /gm)]).toHaveLength(STRATEGIES.length);
});
