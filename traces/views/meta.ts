import type { Cell, ViewContext, ViewDefinition } from './define.js';

export const meta: ViewDefinition = {
  name: 'meta',
  about: 'What the trail says about itself. Keys that begin with `host.` may differ between equal runs.',
  example: "SELECT value FROM meta WHERE key = 'strategy'",
  columns: [
    { name: 'key', unit: 'text', about: 'name of the entry' },
    { name: 'value', unit: 'text', about: 'text as it is, anything else as JSON' },
  ],
  *rows({ trail }: ViewContext): Generator<Cell[]> {
    yield* trail.metaRows;
  },
};
