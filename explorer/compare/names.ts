/** What to call the runs of a comparison: by strategy, and by the settings that were asked for in several values. */
import { count } from '../../base/index.js';
import type { Axes, Combination, RunSettings } from './combinations.js';

type Setting = keyof RunSettings;

export interface Names {
  /** By run, for people: `hw-dirty, 2 CPUs, every 1,000`. */
  readonly runs: readonly string[];
  /** By run, of its trail: `hw-dirty.cpus-2.every-1000.trail`. */
  readonly files: readonly string[];
  readonly varying: readonly Setting[];
}

interface Wording {
  readonly isVaried: (axes: Axes) => boolean;
  readonly text: (run: Combination) => string;
  readonly file: (run: Combination) => string;
}

const several = (values: readonly unknown[] = []): boolean =>
  new Set(values.map((value) => JSON.stringify(value))).size > 1;

const WORDINGS: Readonly<Partial<Record<Setting, Wording>>> = {
  arch: {
    isVaried: ({ archs }) => several(archs),
    text: ({ settings }) => settings.architecture.id,
    file: ({ settings }) => settings.architecture.id,
  },
  cpus: {
    isVaried: ({ cpus }) => several(cpus),
    text: ({ settings }) => `${settings.cpus} ${settings.cpus === 1 ? 'CPU' : 'CPUs'}`,
    file: ({ settings }) => `cpus-${settings.cpus}`,
  },
  tlb: {
    isVaried: ({ tlbs }) => several(tlbs),
    text: ({ settings }) => `TLB ${settings.tlb.sets}x${settings.tlb.ways}`,
    file: ({ settings }) => `tlb-${settings.tlb.sets}x${settings.tlb.ways}`,
  },
  harvestEvery: {
    isVaried: ({ harvestEvery }) => several(harvestEvery),
    text: ({ settings }) => (settings.harvestEvery === 0 ? 'one harvest' : `every ${count(settings.harvestEvery)}`),
    file: ({ settings }) => `every-${settings.harvestEvery}`,
  },
  cost: {
    isVaried: ({ costs }) => several(costs),
    text: ({ settings }) => settings.cost.id,
    file: ({ settings }) => settings.cost.id,
  },
};

export function namesOf(runs: readonly Combination[], axes: Axes): Names {
  const varying = (Object.keys(WORDINGS) as Setting[]).filter((setting) => WORDINGS[setting]!.isVaried(axes));
  const named = new Set(axes.strategies.filter((id) => id.includes(':')));
  const strategyOf = ({ strategy, variant }: Combination): string =>
    variant !== null && named.has(`${strategy}:${variant}`) ? `${strategy}:${variant}` : strategy;
  return {
    varying,
    runs: runs.map((run) => [strategyOf(run), ...varying.map((setting) => WORDINGS[setting]!.text(run))].join(', ')),
    files: runs.map((run) =>
      // Blanks are a nuisance in names of files, and colons are not allowed in those of Windows.
      [strategyOf(run), ...varying.map((setting) => WORDINGS[setting]!.file(run)), 'trail']
        .join('.')
        .replaceAll(/[ :/]/g, '-'),
    ),
  };
}
