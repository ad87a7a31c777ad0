/**
 * The small machine of a search against the one that recordings are made on: random schedules are performed on both, and `execution.ts` compares them after
 * every choice. PAGETRAIL_SEED=N tries other schedules, PAGETRAIL_SCHEDULES=N more of them.
 */
import { describe, expect, it } from 'vitest';
import { Random } from '../../base/index.js';
import { MONITORS, STRATEGIES, type SimulationRequest } from '../../simulator/index.js';
import { perform } from '../execution.js';
import { prepare } from '../prepare.js';
import type { Setting } from '../scenario.js';
import { strategySetting } from '../strategy-scenario.js';
import { randomSchedule, SCENARIO_CASES } from '../testing/schedules.js';

const FIRST_SEED = Number(process.env['PAGETRAIL_SEED'] ?? 1);
const SCHEDULES = Number(process.env['PAGETRAIL_SCHEDULES'] ?? 1);
const CHOICES_MAX = 400;
const SIZE = { cpus: 2, pages: 2, writes: 3, harvests: 2, evictions: 2 };
/** Strategies of a monitor, each with those that it can track under. */
const HOSTS = [
  { host: 'kvm-dirty-log', monitor: 'nested' },
  { host: 'kvm-dirty-ring', monitor: 'nested' },
  { host: 'pml', monitor: 'nested' },
  { host: 'shadow-paging', monitor: 'shadow' },
  { host: 'shadow-paging', monitor: 'broken' },
];

/** The name of a row of a table, and what stands in it. */
type Row = readonly [string, SimulationRequest];

function row(request: SimulationRequest): Row {
  return [Object.entries(request).flat().join(' '), request];
}

const PLAIN = STRATEGIES.flatMap(({ id, architectures, variants = [] }) =>
  architectures.flatMap((arch) => [
    row({ strategy: id, arch }),
    ...variants.slice(1).map((variant) => row({ strategy: id, arch, variant: variant.id })),
  ]),
);
const DEFECTIVE = STRATEGIES.flatMap(({ id, mutations }) =>
  [...new Set(mutations.map((mutation) => mutation.id))].map((mutation) =>
    row({ strategy: id, mutations: [mutation] }),
  ),
);
const GUESTS = STRATEGIES.filter(
  ({ monitor, architectures }) => monitor === undefined && architectures.includes('x86-64'),
).flatMap(({ id }) => [
  ...MONITORS.map((monitor) => row({ guest: id, monitor: monitor.id })),
  ...HOSTS.map((host) => row({ guest: id, ...host })),
]);
const ODD: readonly Row[] = [
  row({ strategy: 'hw-dirty', walker: 'blind' }),
  row({ strategy: 'hw-dirty', vma: 'shared-file', mutations: ['plain-rmw'], walker: 'blind' }),
  row({ strategy: 'hw-dirty', device: 'non-coherent' }),
  row({ strategy: 'pfn-mkwrite', memory: 'mixed' }),
];

/** @throws InvariantError where the machines differ */
function compare(setting: Setting, reduce: boolean): void {
  const { model } = prepare(setting, reduce);
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SCHEDULES; seed++) {
    const schedule = randomSchedule(model, new Random(seed), CHOICES_MAX);
    let performed = 0;
    try {
      performed = perform(setting, schedule, reduce).steps.length;
    } catch (error) {
      throw new Error(`seed ${seed}, schedule ${schedule.join(' ')}: ${String(error)}`, { cause: error });
    }
    expect(performed).toBe(schedule.length);
    expect(performed).toBeGreaterThan(0);
  }
}

describe.each([
  ['step by step', false],
  ['reduced', true],
])('%s, both machines do the same', (_, reduce) => {
  it.each([...PLAIN, ...GUESTS, ...ODD])('%s', (_name, machine) => {
    compare(strategySetting({ machine, ...SIZE }), reduce);
  });

  it.each(SCENARIO_CASES.map(({ name, setting }) => [name, setting] as const))('scenario %s', (_name, setting) => {
    compare(setting(), reduce);
  });
});

describe('where pages are unmapped and moved, both machines do the same', () => {
  it.each([...PLAIN, ...DEFECTIVE])('%s', (_name, machine) => {
    compare(strategySetting({ machine, ...SIZE, unmaps: 1, moves: 1 }), false);
  });
});
