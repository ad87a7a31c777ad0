/** Everything that `list` can list: one catalogue a kind, filled from the lists of the rooms. */
import { ANALYSIS_VIEWS, DETECTORS } from '../analyzer/index.js';
import { SCENARIOS } from '../explorer/index.js';
import { IMPORTERS, WORKLOADS } from '../recorder/index.js';
import {
  ARCHITECTURES,
  COST_NAMES,
  COST_PROFILES,
  MONITORS,
  MUTATIONS,
  STRATEGIES,
  VMA_KINDS,
} from '../simulator/index.js';
import { VIEWS, type ViewDefinition } from '../traces/index.js';
import type { Catalogue, Entry } from './catalogue.js';
import { architectureEntry, backedText, mutationEntry, strategyEntry } from './catalogue-entries.js';
import { counted } from './format.js';

export const CATALOGUES: readonly Catalogue[] = [
  {
    name: 'strategies',
    about: 'methods of tracking, for --strategy, --guest and --host; their variants, for --variant',
    entries: STRATEGIES.map(strategyEntry),
  },
  {
    name: 'mutations',
    about: 'deliberate defects, for --mutate',
    entries: Object.entries(MUTATIONS).map(([id, kind]) => mutationEntry(id, kind)),
  },
  {
    name: 'architectures',
    about: 'machines, for --arch',
    entries: ARCHITECTURES.map(architectureEntry),
  },
  {
    name: 'monitors',
    about: 'how the memory of a guest is translated, for --monitor',
    entries: MONITORS,
  },
  {
    name: 'vmas',
    about: 'kinds of mapping, for --vma',
    entries: VMA_KINDS.map(({ id, summary, memory, structPage, shared }) => {
      const trackedBy = STRATEGIES.filter(({ vmas }) => vmas.includes(id)).map((strategy) => strategy.id);
      return {
        id,
        summary,
        details: [
          `memory: ${memory} unless set with --memory`,
          `struct page behind: ${backedText(structPage)}`,
          shared ? 'several processes may have it mapped (--mms, --alias)' : 'mapped by one process, in one place',
          `tracked by: ${trackedBy.length === 0 ? 'no strategy yet' : trackedBy.join(', ')}`,
        ],
        facts: { memory, structPage, shared, strategies: trackedBy },
      };
    }),
  },
  {
    name: 'workloads',
    about: 'synthetic streams of writes, for --workload',
    entries: WORKLOADS.map(({ id, summary, defaults }) => ({
      id,
      summary,
      details: [
        `unless set: ${counted(defaults.writes, 'write')}, ${counted(defaults.pages, 'page')}, ${counted(defaults.cpus, 'CPU')}`,
      ],
      facts: { defaults },
    })),
  },
  {
    name: 'importers',
    about: 'formats of logs, for --format',
    entries: IMPORTERS.map(({ id, summary, details = [], programTime }) => ({
      id,
      summary,
      details: [
        ...details,
        programTime === 'given'
          ? 'times are those of the log'
          : 'it has no times: 1 ns per instruction and access is assumed',
      ],
      facts: { programTime },
    })),
  },
  {
    name: 'detectors',
    about: 'what `check` looks for',
    entries: DETECTORS.map(({ id, summary, counts, needs }) => ({
      id,
      summary,
      details: [`counts: ${counts}`],
      facts: { counts, needs },
    })),
  },
  {
    name: 'scenarios',
    about: 'small programs that `explore` goes through',
    entries: SCENARIOS.map(({ id, summary, variants, expects, year, reference, kind, architectures }) => ({
      id,
      summary,
      details: [
        `expects: ${expects}${variants.length === 0 ? '' : ` (${variants[0]}), safe (${variants.slice(1).join(', ')})`}`,
        `${year ?? 'no year'}, ${reference}`,
        `kind: ${kind}; on ${architectures.join(', ')}`,
      ],
      facts: { variants, expects, year, reference, kind, architectures },
    })),
  },
  {
    name: 'views',
    about: 'what `query` can select from',
    entries: [...VIEWS, ...ANALYSIS_VIEWS].map(viewEntry),
  },
  {
    name: 'costs',
    about: 'cost profiles, for --cost; each figure can be changed with --set',
    entries: COST_PROFILES.map(({ id, summary, source, ns }) => ({
      id,
      summary,
      details: [
        `source: ${source}`,
        ...Object.entries(ns).map(
          ([name, value]) => `${name}=${value}`.padEnd(24) + COST_NAMES[name as keyof typeof COST_NAMES],
        ),
      ],
      facts: { source, ns },
    })),
  },
];

function viewEntry({ name, about, columns, parameters = [] }: ViewDefinition): Entry {
  const width = Math.max(...[...columns, ...parameters].map((column) => column.name.length));
  const call = parameters.length === 0 ? [] : [`${name}(${parameters.map((parameter) => parameter.name).join(', ')})`];
  return {
    id: name,
    summary: about,
    details: [...call, ...[...parameters, ...columns].map((column) => `${column.name.padEnd(width)}  ${column.about}`)],
    facts: { columns, parameters },
  };
}
