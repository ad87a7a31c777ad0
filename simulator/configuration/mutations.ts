/** Which defects are switched on, on which side, and what to tell of those that cannot bite. */
import { nearest, UsageError } from '../../base/index.js';
import type { Architecture } from '../architectures/index.js';
import type { Need } from '../mutations.js';
import type { StrategyDefinition } from '../strategies/index.js';
import type { MachineSettings } from './machine.js';
import type { SidesSettings } from './sides.js';

export interface MutatedRun extends SidesSettings, MachineSettings {
  readonly strategy: StrategyDefinition;
  readonly architecture: Architecture;
  readonly interleave: 'coarse' | 'fine';
}

type Side = 'guest' | 'host';
const SIDES: readonly Side[] = ['guest', 'host'];

/** Ids, sorted, with `guest:` or `host:` before each where both sides track. */
export function mutationsOf(
  run: MutatedRun,
  ids: readonly string[],
  operations: readonly Need[],
): { readonly mutations: readonly string[]; readonly notices: readonly string[] } {
  const sides: ReadonlyArray<readonly [Side, StrategyDefinition]> =
    run.host === null
      ? [['guest', run.strategy]]
      : [
          ['guest', run.strategy],
          ['host', run.host],
        ];
  const found = ids.map((id) => find(sides, id));
  return {
    mutations: [...new Set(found.map(({ side, id }) => (run.host === null ? id : `${side}:${id}`)))].sort(),
    // What is harmless alone need not be so beside another mutation.
    notices: found.length === 1 ? noticesOf(run, found[0]!, operations) : [],
  };
}

/** The mutations of one side, without the prefix. */
export function mutationsOfSide(mutations: readonly string[], side: Side): ReadonlySet<string> {
  const own = mutations.filter((id) => !id.includes(':') || id.startsWith(`${side}:`));
  return new Set(own.map((id) => id.replace(/^.*:/, '')));
}

interface Found {
  readonly side: Side;
  readonly strategy: StrategyDefinition;
  readonly id: string;
}

function find(sides: ReadonlyArray<readonly [Side, StrategyDefinition]>, given: string): Found {
  const [, prefix, id = given] = /^(guest|host):(.*)$/.exec(given) ?? [];
  const asked = sides.filter(([side]) => prefix === undefined || side === prefix);
  const able = asked.filter(([, { mutations }]) => mutations.some((mutation) => mutation.id === id));
  if (able.length > 1)
    throw new UsageError({
      what: `guest and host both have a mutation '${id}'`,
      mend: `say which: ${SIDES.map((side) => `--mutate ${side}:${id}`).join(' or ')}`,
    });
  const [only] = able;
  if (only !== undefined) return { side: only[0], strategy: only[1], id };
  const names = asked.map(([, { id: strategy }]) => strategy).join(' and ') || 'this run';
  const known = asked.flatMap(([, { mutations }]) => mutations.map((mutation) => mutation.id));
  const guess = nearest(id, known);
  throw new UsageError({
    what: `${names} has no mutation '${id}'`,
    ...(guess === null ? {} : { why: `did you mean '${guess}'?` }),
    mend:
      known.length === 0
        ? `${names} has no step that a mutation could break`
        : `its mutations are: ${known.join(', ')}`,
  });
}

function noticesOf(run: MutatedRun, { strategy, id }: Found, operations: readonly Need[]): string[] {
  const { bites, needs, summary } = strategy.mutations.find((mutation) => mutation.id === id)!;
  if (bites === 'none') return [`mutation ${id} is harmless in ${strategy.id}: ${summary}`];
  const missing = needs.map((need) => MISSING[need](run)).find((text) => text !== null);
  if (missing !== undefined && missing !== null) return [`mutation ${id} cannot bite: ${missing}`];
  if (bites === 'fine' && run.interleave === 'coarse')
    return [`mutation ${id} cannot bite while operations run to completion; add --interleave fine`];
  const source = needs
    .filter((need) => !operations.includes(need))
    .map((need) => FROM_SOURCE[need])
    .filter((text) => text !== undefined);
  return source.map((text) => `mutation ${id} bites only where ${text}`);
}

/** What the run lacks for a mutation to bite; null where it lacks nothing. */
const MISSING: Readonly<Record<Need, (run: MutatedRun) => string | null>> = {
  'hardware-dirty': ({ architecture }) =>
    architecture.hardwareSetsDirty ? null : `no hardware sets D on ${architecture.id}`,
  'separate-flush': ({ architecture, strategy }) =>
    architecture.flushBy === 'with-entry' && strategy.monitor === undefined
      ? `on ${architecture.id} the instruction that changes an entry flushes it`
      : null,
  'non-coherent': ({ device, strategy }) =>
    device === 'non-coherent' && !strategy.copiesByCpu ? null : 'the device snoops; add --device non-coherent',
  'device-mmu': ({ deviceMmu }) => (deviceMmu ? null : 'no device follows the page table; add --device-mmu'),
  huge: ({ pageSize }) => (pageSize === '2m' ? null : 'there is no huge entry; add --page-size 2m'),
  guest: ({ guest }) => (guest === null ? 'no guest shares the table; add --guest with a strategy' : null),
  unmap: () => null,
  move: () => null,
  split: () => null,
  gaps: () => null,
};

/** What the source must do. */
const FROM_SOURCE: Readonly<Partial<Record<Need, string>>> = {
  unmap: 'something is unmapped: --unmap-every, or operations in a csv source',
  move: 'something is moved: --move-every, or operations in a csv source',
  split: 'a huge entry is split: an operation in a csv source',
};
