/** `list`: what there is to choose from. */
import { nearest, UsageError } from '../../base/index.js';
import type { Catalogue } from '../catalogue.js';
import { defineCommand } from '../command.js';
import { wrapped } from '../format.js';
import type { Output } from '../output.js';

export const list = defineCommand({
  name: 'list',
  group: 'Help',
  summary: 'strategies, workloads, mutations and whatever else can be chosen',
  about: 'Lists what can be chosen, each with what it is and does. Without a kind, the names of everything.',
  examples: [
    { line: 'pagetrail list', about: 'the names of everything' },
    { line: 'pagetrail list strategies', about: 'what each does, costs and cannot see' },
    { line: 'pagetrail list workloads --json', about: 'for scripts: {"workloads":[{"id":...}]}' },
  ],
  configure(command) {
    command.argument('[kind]', 'what to list');
  },
  async run(_context, args) {
    const { CATALOGUES } = await import('../catalogues.js');
    const chosen = args[0] === undefined ? CATALOGUES : [catalogueNamed(CATALOGUES, args[0])];
    return {
      json: () =>
        Object.fromEntries(
          chosen.map(({ name, entries }) => [
            name,
            entries.map(({ id, summary, facts }) => ({ id, summary, ...facts })),
          ]),
        ),
      print: (out) => (args[0] === undefined ? printNames(out, CATALOGUES) : printAll(out, chosen[0]!)),
    };
  },
});

function catalogueNamed(catalogues: readonly Catalogue[], name: string): Catalogue {
  const found = catalogues.find((catalogue) => catalogue.name === name);
  if (found !== undefined) return found;
  const names = catalogues.map((catalogue) => catalogue.name);
  const guess = nearest(name, names);
  throw new UsageError({
    what: `there is no list of '${name}'`,
    ...(guess !== null && { why: `did you mean '${guess}'?` }),
    mend: `the lists are: ${names.join(', ')}`,
  });
}

function printNames(out: Output, catalogues: readonly Catalogue[]): void {
  for (const { name, about, entries } of catalogues) {
    out.line(`${out.style.bold(name)}  ${out.style.dim(about)}`);
    out.line(`  ${entries.map(({ id }) => id).join(', ')}`);
  }
}

function printAll(out: Output, { entries }: Catalogue): void {
  const width = Math.max(...entries.map(({ id }) => id.length));
  for (const { id, summary, details = [] } of entries) {
    out.line(`${out.style.bold(id.padEnd(width))}  ${summary}`);
    for (const detail of details) out.line(out.style.dim(wrapped(detail, out.columns, ' '.repeat(width + 4))));
  }
}
