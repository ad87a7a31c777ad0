/** Repairs of what is known to do harm: among them the ones that history chose, and none that only looks like one. */
import { describe, expect, it } from 'vitest';
import { Random } from '../base/index.js';
import { LOCK, micro, Op } from '../simulator/index.js';
import { perform } from './execution.js';
import { explore } from './explore.js';
import { prepare } from './prepare.js';
import { repair, type Repairs } from './repair.js';
import { changed } from './repairs/changed.js';
import { doesHarm } from './repairs/does-harm.js';
import { atOnce, lookAgain } from './repairs/entries.js';
import { addFlush } from './repairs/flush.js';
import { keepLock, lockNames, takeLock } from './repairs/locks.js';
import type { Setting } from './scenario.js';
import { SCENARIOS } from './scenarios/index.js';
import { stage } from './stage.js';
import { strategySetting } from './strategy-scenario.js';
import { randomSchedule } from './testing/schedules.js';

const SMALL = { cpus: 1, pages: 1, writes: 2, harvests: 1, evictions: 0 };

function scenario(id: string): Setting {
  const { setting, architectures } = SCENARIOS.find((one) => one.id === id)!;
  return setting('buggy', architectures[0]);
}

function strategy(id: string, mutation: string, cpus = 1): Setting {
  const machine = { strategy: id, mutations: [mutation] };
  return strategySetting({ machine, ...SMALL, cpus });
}

const texts = ({ repairs }: Repairs) => repairs.map(({ text }) => text);

describe('of "check, then protect"', () => {
  it('D is looked at in the step that protects, or again after it', async () => {
    const found = await repair(scenario('check-then-protect'));
    expect(found.verdict).toBe('lost-write');
    expect(found.undecided).toEqual([]);
    expect(texts(found)).toEqual([
      "pteLoad 'look at D' (drop page 0 if clean: 2) and pteChange 'protect entry' (drop page 0 if clean: 3) in one step",
      ...["flushQueue 'flush' (drop page 0 if clean: 4)", "flushSend 'flush' (drop page 0 if clean: 5)"].map(again),
      ...["flushWait 'flush' (drop page 0 if clean: 6)", "pteUnmap 'take entry out' (drop page 0 if clean: 7)"].map(
        again,
      ),
    ]);
  });

  function again(before: string): string {
    return `load again, as in pteLoad 'look at D' (drop page 0 if clean: 2), before ${before}`;
  }
});

it('of a D cleared by load and store only the atomic update', async () => {
  const found = await repair(scenario('clear-needs-atomic-rmw'));
  expect(texts(found)).toEqual([
    "pteLoad 'clean entries' (harvest 1: 4) and pteStore 'clean entries' (harvest 1: 5) in one step",
  ]);
});

it('of a forgotten flush only a flush, between the change of the entry and the transfer', async () => {
  const { repairs, tried } = await repair(strategy('hw-dirty', 'no-flush', 2));
  expect(tried.flush).toBeGreaterThan(repairs.length);
  expect(new Set(repairs.map(({ kind }) => kind))).toEqual(new Set(['flush']));
  const steps = repairs.map(({ where }) => where.step);
  expect(new Set(steps.slice(0, 4))).toEqual(new Set(['clean entries']));
  expect(steps.slice(4)).toEqual(['consume mark', 'report', 'consume mark']);
  // A wait, two CPUs that are interrupted, and what each invalidates.
  expect(new Set(repairs.map(({ costNs }) => costNs))).toEqual(new Set([1000 + 2 * 200 + 100]));
});

it('of a lock that is dropped before the entry becomes writable that it is kept, or taken earlier', async () => {
  const { repairs } = await repair(strategy('pfn-mkwrite', 'unlock-before-upgrade', 2));
  expect(repairs.map(({ kind, where }) => [kind, where.piece, where.step])).toEqual([
    ['keep-lock', 'store to page 0', 'lock'],
    ['take-lock', 'store to page 0', ''],
  ]);
});

it('is none where the harm needs more than one change', async () => {
  const { repairs, tried } = await repair(strategy('hw-dirty', 'no-mark'));
  expect(repairs).toEqual([]);
  expect(Math.min(...Object.values(tried))).toBeGreaterThan(0);
});

it('is none what makes everybody wait', async () => {
  // The harvest waits for the program to leave the kernel, where a fault waits for the lock.
  const protocol = strategySetting({ machine: { strategy: 'soft-dirty' }, ...SMALL });
  const { world } = stage(protocol, () => undefined);
  const lock = micro(Op.lock, 'lock', 0, LOCK['page-table']);
  const locked = changed(protocol, takeLock(lock, 'harvest', lockNames(world.machine)));
  expect(await explore(locked)).toMatchObject({ verdict: 'deadlock' });
  expect(doesHarm(locked, true, 1e5)).toBe(true);
});

it.each([
  ['a flush after', addFlush('no such line')],
  ['a look at an entry before', lookAgain('no such line', 'nor this')],
  ['a step made of', atOnce('no such line', 'nor this')],
  ['a lock kept at', keepLock('no such line', true, () => '')],
  ['a lock over', takeLock(micro(Op.lock, 'lock', -1, LOCK.mmu), 'no such code', () => '')],
])('changes nothing with %s what is not there', async (_name, change) => {
  for (const setting of [strategy('kvm-dirty-ring', 'reset-after-read'), strategy('adaptive', 'no-flush')]) {
    const { states, transitions, verdict } = await explore(setting);
    expect(await explore(changed(setting, change))).toMatchObject({ states, transitions, verdict });
  }
});

describe.each([
  ['check-then-protect', scenario('check-then-protect')],
  ['clear-needs-atomic-rmw', scenario('clear-needs-atomic-rmw')],
  ['no-flush', strategy('hw-dirty', 'no-flush')],
  ['unlock-before-upgrade', strategy('pfn-mkwrite', 'unlock-before-upgrade')],
  ['protect-before-swap', strategy('kvm-dirty-log', 'protect-before-swap')],
])('of %s', (_name, setting) => {
  it("are as safe without steps taken together, and run on the recorder's machine", async () => {
    const { repairs } = await repair(setting);
    expect(repairs.length).toBeGreaterThan(0);
    for (const { setting: repaired } of repairs) {
      expect((await explore(repaired)).verdict).toBe('safe');
      const { model } = prepare(repaired, false);
      for (let seed = 0; seed < 20; seed++) perform(repaired, randomSchedule(model, new Random(seed), 200), false);
    }
  });
});

it('refuses what does no harm, and what was not seen to do any', async () => {
  await expect(repair(scenario('protect-flush-check'))).rejects.toThrow('nothing to repair');
  const large = strategySetting({ machine: { strategy: 'kvm-dirty-log' }, ...SMALL, cpus: 2 });
  await expect(repair(large, { maxStates: 1000 })).rejects.toThrow(/no harm was found in \d+ states/);
});
