/** Random schedules: what they find and how soon, and what they never say. */
import { describe, expect, it } from 'vitest';
import { LOCK, micro, Op } from '../simulator/index.js';
import { perform } from './execution.js';
import { explore } from './explore.js';
import { changed } from './repairs/changed.js';
import { lockNames, takeLock } from './repairs/locks.js';
import { BROKEN, HARM } from './rules.js';
import { sample } from './sample.js';
import type { Setting } from './scenario.js';
import { SCENARIOS } from './scenarios/index.js';
import { brokenAtRest } from './search/search.js';
import { stage } from './stage.js';
import { strategySetting } from './strategy-scenario.js';

function scenario(id: string): Setting {
  const { setting, architectures } = SCENARIOS.find((one) => one.id === id)!;
  return setting('buggy', architectures[0]);
}

function strategy(id: string, ...mutations: string[]): Setting {
  const machine = { strategy: id, mutations };
  return strategySetting({ machine, cpus: 2, pages: 2, writes: 3, harvests: 3, evictions: 0 });
}

/** Rules of harm that a schedule breaks, as it is performed again on the recorder's machine. */
function harmOf(setting: Setting, schedule: readonly number[]): number {
  const { prepared, steps } = perform(setting, schedule, false);
  const { model } = prepared;
  const onTheWay = steps.flatMap(({ broken }) => broken).reduce((mask, id) => mask | BROKEN[id], 0);
  return (onTheWay | (model.atRest ? brokenAtRest(model) : 0)) & HARM;
}

describe.each([1, 2, 3, 4, 5, 6, 7, 8])('seed %i', (seed) => {
  it('finds the loss of "check, then protect" within 500 runs, by a schedule that shows it again', async () => {
    const setting = scenario('check-then-protect');
    const { found, verdict, runs, endless } = await sample(setting, { seed, runs: 500 });
    expect({ verdict, endless }).toEqual({ verdict: 'lost-write', endless: 0 });
    expect(found).toMatchObject({ rule: 'lost-write', run: runs });
    expect(harmOf(setting, found!.schedule)).toBe(BROKEN['lost-write']);
  });

  it.each([
    ['hw-dirty', 'plain-rmw'],
    ['pfn-mkwrite', 'unlock-before-upgrade'],
    ['kvm-dirty-log', 'protect-before-swap'],
  ])('finds that %s loses by %s in a program of three rounds within 10,000 runs', async (id, mutation) => {
    const setting = strategy(id, mutation);
    const { found } = await sample(setting, { seed, runs: 10_000 });
    expect(found?.rule).toBe('lost-write');
    expect(harmOf(setting, found!.schedule) & BROKEN['lost-write']).not.toBe(0);
  });
});

it('is the same for the same seed, and another for another', async () => {
  const runs = async (seed: number) => (await sample(strategy('hw-dirty', 'plain-rmw'), { seed, runs: 1000 })).found;
  expect(await runs(1)).toEqual(await runs(1));
  expect(await runs(1)).not.toEqual(await runs(2));
});

it('never says that a program is safe, and comes to no more ends than there are', async () => {
  const setting = strategySetting({
    machine: { strategy: 'hw-dirty' },
    cpus: 2,
    pages: 1,
    writes: 2,
    harvests: 1,
    evictions: 1,
  });
  const { verdict, runs, found, distinctEnds, chance, steps } = await sample(setting, { seed: 1, runs: 2000 });
  expect({ verdict, runs, found }).toEqual({ verdict: 'bounded', runs: 2000, found: null });
  const all = await explore(setting);
  expect(all.verdict).toBe('safe');
  expect(distinctEnds).toBeGreaterThan(1);
  expect(distinctEnds).toBeLessThanOrEqual(all.ends);
  // Three actors, as many CPUs, the TLBs; two changes of priority.
  expect(chance).toBeCloseTo(1 / (7 * steps ** 2), 12);
});

it('finds that everybody waits', async () => {
  // The harvest waits for the program to leave the kernel, where a fault waits for the lock.
  const protocol = strategy('soft-dirty');
  const lock = micro(Op.lock, 'lock', 0, LOCK['page-table']);
  const locked = changed(
    protocol,
    takeLock(lock, 'harvest', lockNames(stage(protocol, () => undefined).world.machine)),
  );
  expect(await sample(locked, { seed: 1, runs: 300 })).toMatchObject({ verdict: 'deadlock' });
});

it('breaks off what goes round in circles', async () => {
  const livelock = await sample(scenario('trap-into-emptied-entry'), { seed: 1, runs: 300 });
  expect(livelock).toMatchObject({ verdict: 'bounded', found: null });
  expect(livelock.endless).toBeGreaterThan(0);
});

it('ends when it is told to', async () => {
  const aborted = await sample(strategy('hw-dirty'), { seed: 1, runs: 1000, signal: AbortSignal.abort() });
  expect(aborted).toMatchObject({ verdict: 'bounded', runs: 0 });
});
