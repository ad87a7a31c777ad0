/** Programs of strategies with a defect switched in: the step that is convicted is the one that the defect drops, moves or weakens. */
import { describe, expect, it } from 'vitest';
import { PTE_DIRTY } from '../../../traces/index.js';
import { explore } from '../../explore.js';
import { strategySetting } from '../../strategy-scenario.js';
import { convict } from '../convict.js';
import { offenceOf } from '../offence.js';
import { retry } from '../retry.js';
import { BROKEN } from '../../rules.js';
import { Run } from '../run.js';
import { changed } from '../../repairs/changed.js';
import { without } from '../changes.js';

const settingOf = (strategy: string, mutation: string, device?: string) =>
  strategySetting({
    machine: { strategy, mutations: [mutation], ...(device !== undefined && { device }) },
    cpus: 1,
    pages: 1,
    writes: 2,
    harvests: 2,
    evictions: 0,
  });

async function runOf(strategy: string, mutation: string, device?: string): Promise<Run> {
  const setting = settingOf(strategy, mutation, device);
  const { execution, verdict } = await explore(setting, { maxStates: 200_000 });
  if (verdict === 'safe' || verdict === 'bounded') throw new Error(`${strategy} with ${mutation} is ${verdict}`);
  return new Run(execution!, setting, verdict);
}

describe('the step that is convicted', () => {
  it.each([
    ['hw-dirty', 'no-flush', 'flush', 'missing'],
    ['hw-dirty', 'flush-first', 'flush', 'early'],
    ['hw-dirty', 'plain-rmw', 'clean entries', 'stale'],
    ['hw-dirty', 'no-mark', 'clean entries', 'drops'],
    ['pfn-mkwrite', 'no-rearm', 'protect entries', 'missing'],
    ['pfn-mkwrite', 'transfer-first', 'transfer', 'early'],
    ['pfn-mkwrite', 'unlock-before-upgrade', 'make entry writable', 'late'],
    ['pfn-mkwrite', 'no-mark', 'make entry writable', 'wrong'],
    ['page-mkwrite', 'flush-first', 'flush', 'early'],
    ['kvm-dirty-log', 'protect-before-swap', 'protect entries', 'early'],
    ['soft-dirty', 'no-stop', 'clear_refs', 'drops'],
    ['shadow-paging', 'no-flush', 'flush', 'missing'],
  ])('%s with %s: %s, %s', async (strategy, mutation, step, how) => {
    const run = await runOf(strategy, mutation);
    const [first] = await convict(run, offenceOf(run), 100_000);
    expect(first).toMatchObject({ isConvicted: true, suspect: { step, how } });
    expect(first!.by).not.toBeNull();
  });

  it('of a device that does not snoop: CPU caches are not written back', async () => {
    const run = await runOf('pfn-mkwrite', 'no-cache-flush', 'non-coherent');
    const [first] = await convict(run, offenceOf(run), 100_000);
    expect(first).toMatchObject({ isConvicted: true, suspect: { step: 'flush CPU caches', how: 'missing' } });
  });
});

describe('a search of a program that was changed', () => {
  it('tells whether the rule is still broken, and says so where there are too many states', async () => {
    const setting = settingOf('hw-dirty', 'no-flush');
    expect(await retry(setting, BROKEN['lost-write'], 100_000)).toBe('breaks');
    expect(await retry(setting, BROKEN['dirty-as-proof'], 100_000)).toBe('safe');
    expect(await retry(setting, BROKEN['dirty-as-proof'], 3)).toBe('unknown');
  });

  it('without what takes D nothing is lost', async () => {
    const run = await runOf('hw-dirty', 'no-flush');
    const taken = run.acts.find((act) => (run.taken(act) & PTE_DIRTY) !== 0)!;
    expect(await retry(changed(run.setting, without(taken.line)), BROKEN['lost-write'], 100_000)).toBe('safe');
  });
});
