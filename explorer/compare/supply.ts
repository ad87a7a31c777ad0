/**
 * Reads the accesses once for all runs, where they fit in memory, and otherwise says how each run gets at them. A workload spreads itself over
 * the CPUs that it is given, so there each number of CPUs has accesses of its own; those of a log or a trail are folded.
 */
import { InputError } from '../../base/index.js';
import { HELD_BYTES, hold, inputPath, openSource, type SourceRequest } from '../../recorder/index.js';
import type { Combination } from './combinations.js';
import type { Supply } from './run.js';

/** Memory for accesses, bytes; the rest of 300 MB is for the machines that play them. Some 4 M accesses. */
const HELD_BYTES_MAX = 128 * 2 ** 20;

export interface Supplies {
  readonly supplies: readonly Supply[];
  /** Number of its supply, by run. */
  readonly of: readonly number[];
  /** Accesses over all runs; null where some supply is not held. */
  readonly accesses: number | null;
  /** Who writes around the page tables. */
  readonly byDevice: boolean;
  readonly byKernel: boolean;
}

/** @throws InputError for a source that cannot be read, holds nothing, or is a pipe too long to be held; UsageError for one that is not known */
export async function suppliesFor(
  source: SourceRequest,
  runs: readonly Combination[],
  signal?: AbortSignal,
  heldMax = Math.floor(HELD_BYTES_MAX / HELD_BYTES),
): Promise<Supplies> {
  const ofWorkload = 'workload' in source;
  const keys = runs.map(({ cpus }) => (ofWorkload ? cpus : null));
  const distinct = [...new Set(keys)];
  const supplies: Supply[] = [];
  let left = heldMax;
  for (const cpus of distinct) {
    const { seed } = runs[keys.indexOf(cpus)]!.settings;
    const opened = await openSource(source, { seed, cpus: cpus ?? undefined });
    try {
      const held = await hold(opened, left, signal);
      supplies.push(held === null ? again(source) : { held, ofWorkload });
      left -= held?.accesses ?? 0;
    } finally {
      opened.close();
    }
  }
  const of = keys.map((key) => distinct.indexOf(key));
  const helds = supplies.flatMap((supply) => ('held' in supply ? [supply.held] : []));
  return {
    supplies,
    of,
    accesses: helds.length < supplies.length ? null : of.reduce((sum, number) => sum + helds[number]!.accesses, 0),
    // What is not held has not been looked through; what cannot be seen shows as writes that are missed.
    byDevice: helds.some(({ byDevice }) => byDevice),
    byKernel: helds.some(({ byKernel }) => byKernel),
  };
}

function again(source: SourceRequest): Supply {
  if ('import' in source && inputPath(source) === null)
    throw new InputError({
      what: 'standard input holds more accesses than fit in memory',
      why: 'every run plays all of them, and a pipe can be read only once',
      mend: 'write them to a file, or `pagetrail record` them, and compare that',
    });
  return { source };
}
