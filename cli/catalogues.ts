/**
 * Everything that `list` can list: one catalogue a kind, filled from the lists of the rooms. An entry has an id and a one-line summary; `details` are lines for people,
 * `facts` what stands beside id and summary in JSON.
 */
import { ANALYSIS_VIEWS, DETECTORS } from '../analyzer/index.js';
import { IMPORTERS, WORKLOADS } from '../recorder/index.js';
import { ARCHITECTURES, COST_NAMES, COST_PROFILES, MUTATIONS, STRATEGIES, VMA_KINDS } from '../simulator/index.js';
import { VIEWS, type ViewDefinition } from '../traces/index.js';
import { counted } from './format.js';

export interface Entry {
  readonly id: string;
  readonly summary: string;
  readonly details?: readonly string[];
  readonly facts?: Readonly<Record<string, unknown>>;
}

export interface Catalogue {
  /** The word for `pagetrail list <name>`, and the key in JSON. */
  readonly name: string;
  readonly about: string;
  readonly entries: readonly Entry[];
}

const BITES = {
  coarse: 'can bite in every mode',
  fine: 'can bite with --interleave fine',
  none: 'does no harm',
} as const;

export const CATALOGUES: readonly Catalogue[] = [
  {
    name: 'strategies',
    about: 'methods of tracking, for --strategy',
    entries: STRATEGIES.map(({ id, summary, price, vmas, architectures, carriers, cannotSee, mutations }) => ({
      id,
      summary,
      details: [
        `price: ${price}`,
        `tracks: ${vmas.join(', ')} on ${architectures.join(', ')}`,
        `consumer reads: ${carriers.join(', ')}`,
        `cannot see: ${cannotSee.length === 0 ? 'everything is seen' : cannotSee.join(', ')}`,
        `mutations: ${mutations.length === 0 ? 'none' : mutations.map((mutation) => mutation.id).join(', ')}`,
      ],
      facts: { price, vmas, architectures, carriers, cannotSee, mutations },
    })),
  },
  {
    name: 'mutations',
    about: 'deliberate defects, for --mutate',
    entries: Object.entries(MUTATIONS).map(([id, summary]) => {
      const uses = STRATEGIES.flatMap(({ id: strategy, mutations }) =>
        mutations.filter((mutation) => mutation.id === id).map(({ bites }) => ({ strategy, bites })),
      );
      return {
        id,
        summary,
        details: Object.entries(BITES).flatMap(([bite, words]) => {
          const strategies = uses.filter(({ bites }) => bites === bite).map(({ strategy }) => strategy);
          return strategies.length === 0 ? [] : [`${words}: ${strategies.join(', ')}`];
        }),
        facts: { strategies: uses },
      };
    }),
  },
  {
    name: 'architectures',
    about: 'machines, for --arch',
    entries: ARCHITECTURES.map(({ id, summary, layout, hardwareSetsDirty, flushCeilingPages }) => ({
      id,
      summary,
      details: [
        `entries: ${layout.summary}`,
        `a range flush of more than ${flushCeilingPages} pages flushes the whole address space`,
      ],
      facts: { layout: layout.id, hardwareSetsDirty, flushCeilingPages },
    })),
  },
  {
    name: 'vmas',
    about: 'kinds of mapping, for --vma',
    entries: VMA_KINDS.map(({ id, summary, memory }) => {
      const trackedBy = STRATEGIES.filter(({ vmas }) => vmas.includes(id)).map((strategy) => strategy.id);
      return {
        id,
        summary,
        details: [
          `memory: ${memory}`,
          `tracked by: ${trackedBy.length === 0 ? 'no strategy yet' : trackedBy.join(', ')}`,
        ],
        facts: { memory, strategies: trackedBy },
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
    entries: IMPORTERS.map(({ id, summary, programTime }) => ({ id, summary, facts: { programTime } })),
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
