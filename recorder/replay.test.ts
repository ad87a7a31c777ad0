/** What a replay takes over: everything that a recording was asked for, as far as it fits what is changed. */
import { describe, expect, it } from 'vitest';
import { configure, Simulation, type SimulationRequest, type SimulationSettings } from '../simulator/index.js';
import type { TrailMeta } from '../traces/index.js';
import { replaySettings } from './replay.js';
import { metaOf } from './settings-in-meta.js';
import { openSource } from './open-source.js';

/** Meta of a recording of that request. */
async function recorded(request: SimulationRequest): Promise<TrailMeta> {
  const source = await openSource({ workload: 'zipf', writes: 10 }, { seed: 1, cpus: undefined });
  return metaOf(new Simulation(configure(request), () => {}), source);
}

/** Settings without what a replay does not take over, and with figures instead of profiles. */
function comparable(settings: SimulationSettings): object {
  return { ...settings, notices: [], mutations: [], cost: settings.cost.ns };
}

/** Settings of a replay, by the words that a user knows. */
async function replayed(request: SimulationRequest, changes: SimulationRequest): Promise<Record<string, unknown>> {
  const settings = configure(replaySettings(await recorded(request), changes));
  const { strategy, guest, host, architecture, vma, cost } = settings;
  return {
    ...settings,
    strategy: strategy.id,
    guest: guest?.id ?? null,
    host: host?.id ?? null,
    arch: architecture.id,
    vma: vma.id,
    cost: cost.id,
  };
}

const REQUESTS: ReadonlyArray<readonly [string, SimulationRequest]> = [
  ['nothing', {}],
  ['a strategy', { strategy: 'pfn-mkwrite', vma: 'mixedmap', harvestEvery: 7, populate: 'lazy' }],
  ['a machine', { arch: 'arm64', cpus: 3, tlbSets: 4, tlbWays: 2, vmaGapPages: 9, objectPages: 512, seed: 8 }],
  ['figures', { costOverrides: { wpFault: 1 } }],
  ['memory', { vma: 'mixedmap', memory: 'system' }],
  ['a device that does not snoop', { device: 'non-coherent', memory: 'system' }],
  ['one that need not', { strategy: 'bounce-buffer', device: 'non-coherent' }],
  ['a device with an MMU', { deviceMmu: true }],
  ['a blind walker', { walker: 'blind' }],
  ['processes', { mms: 3, vma: 'shared-file' }],
  ['an alias', { alias: '0x20000=0x10000:16' }],
  ['huge entries', { pageSize: '2m', split: 'mark-all' }],
  ['a variant', { strategy: 'kvm-dirty-log', variant: 'manual' }],
  ['a ring', { strategy: 'kvm-dirty-ring', ringEntries: 1024 }],
  ['a guest alone', { guest: 'pfn-mkwrite' }],
  ['a guest in a host', { guest: 'hw-dirty', host: 'pml' }],
  ['a guest in a host with a variant', { guest: 'hw-dirty', host: 'kvm-dirty-ring', ringEntries: 512 }],
  ['a guest in a shadow table', { guest: 'soft-dirty', monitor: 'shadow' }],
  ['a guest in a monitor that is broken', { guest: 'hw-dirty', host: 'shadow-paging', monitor: 'broken' }],
];

describe('a replay without changes', () => {
  it.each(REQUESTS)('is asked for what was recorded: %s', async (_, request) => {
    const meta = await recorded(request);
    expect(comparable(configure(replaySettings(meta, {})))).toEqual(comparable(configure(request)));
    // What meta says is text when it has been in a trail.
    const stored = JSON.parse(JSON.stringify(meta)) as TrailMeta;
    expect(comparable(configure(replaySettings(stored, {})))).toEqual(comparable(configure(request)));
    for (const value of Object.values(meta.options)) expect(Number.isSafeInteger(value)).toBe(true);
  });

  it('never takes a mutation over', async () => {
    const meta = await recorded({ mutations: ['no-flush'] });
    expect(configure(replaySettings(meta, {})).mutations).toEqual([]);
  });

  it('says nothing of the virtual machine in a trail that has none', async () => {
    expect(await recorded({})).toMatchObject({ vm: null, variant: null, options: { cpus: 1, vmaGapPages: 0 } });
    expect(await recorded({ guest: 'hw-dirty', host: 'pml' })).toMatchObject({
      strategy: 'hw-dirty',
      vm: { guest: 'hw-dirty', host: 'pml', monitor: 'nested' },
    });
  });
});

describe('a change', () => {
  const huge = { pageSize: '2m', split: 'mark-all' };
  const inVm = { guest: 'hw-dirty', host: 'pml' };
  it.each<[string, SimulationRequest, SimulationRequest, Record<string, unknown>]>([
    [
      'of the strategy keeps the machine',
      { mms: 2, deviceMmu: true },
      { strategy: 'pfn-mkwrite' },
      { mms: 2, deviceMmu: true },
    ],
    ['keeps what it does not concern', { memory: 'system' }, { seed: 5 }, { memory: 'system', seed: 5 }],
    ['drops a mapping that cannot be tracked', { vma: 'pfnmap' }, { strategy: 'page-mkwrite' }, { vma: 'shared-file' }],
    [
      'of the mapping drops what lies behind',
      { vma: 'pfnmap', memory: 'system' },
      { strategy: 'soft-dirty' },
      { vma: 'anon' },
    ],
    ['drops processes where nothing is shared', { mms: 2 }, { strategy: 'soft-dirty' }, { mms: 1 }],
    ['drops huge entries that cannot be', huge, { strategy: 'bounce-buffer' }, { pageSize: '4k', split: 'propagate' }],
    ['of how huge entries split keeps them huge', huge, { split: 'drop' }, { pageSize: '2m', split: 'drop' }],
    ['of the page size drops how they split', huge, { pageSize: '4k' }, { pageSize: '4k', split: 'propagate' }],
    ['wins over what it excludes', huge, { deviceMmu: true }, { pageSize: '4k', deviceMmu: true }],
    ['of the architecture drops its costs', { costOverrides: { wpFault: 1 } }, { arch: 'arm64' }, { cost: 'arm64' }],
    ['of the architecture drops a blind walker', { walker: 'blind' }, { arch: 'arm64' }, { walker: 'recheck' }],
    [
      'to a strategy leaves the virtual machine',
      inVm,
      { strategy: 'pfn-mkwrite' },
      { guest: null, cost: 'x86-64-native' },
    ],
    [
      'of the guest keeps the host',
      inVm,
      { guest: 'soft-dirty' },
      { guest: 'soft-dirty', host: 'pml', cost: 'x86-64-vm' },
    ],
    ['of the host keeps the guest', inVm, { host: 'kvm-dirty-log' }, { guest: 'hw-dirty', host: 'kvm-dirty-log' }],
    ['of the host changes the monitor', inVm, { host: 'shadow-paging' }, { guest: 'hw-dirty', monitor: 'shadow' }],
    ['of the monitor drops a host that cannot be', inVm, { monitor: 'broken' }, { guest: 'hw-dirty', host: null }],
    [
      'into a virtual machine drops what is not modelled there',
      { mms: 2 },
      { guest: 'soft-dirty' },
      { guest: 'soft-dirty', mms: 1 },
    ],
    ['into one keeps the tracker inside', { strategy: 'pfn-mkwrite' }, { monitor: 'shadow' }, { guest: 'pfn-mkwrite' }],
    ['to a host alone', {}, { host: 'pml' }, { strategy: 'pml', guest: null }],
    [
      'of the guest puts it into the host of before',
      { strategy: 'pml' },
      { guest: 'hw-dirty' },
      { guest: 'hw-dirty', host: 'pml' },
    ],
    ['keeps a variant', { strategy: 'kvm-dirty-log', variant: 'manual' }, { seed: 2 }, { variant: 'manual' }],
    [
      'drops a variant of another strategy',
      { strategy: 'kvm-dirty-log', variant: 'manual' },
      { strategy: 'hw-dirty' },
      { variant: null },
    ],
    [
      'keeps a ring',
      { strategy: 'kvm-dirty-ring', ringEntries: 512 },
      { guest: 'hw-dirty' },
      { host: 'kvm-dirty-ring', ringEntries: 512 },
    ],
    ['drops a ring', { strategy: 'kvm-dirty-ring', ringEntries: 512 }, { strategy: 'pml' }, { ringEntries: 4096 }],
  ])('%s', async (_, request, changes, expected) => {
    expect(await replayed(request, changes)).toMatchObject(expected);
  });

  it('that cannot be is refused as in a recording', async () => {
    const meta = await recorded({ strategy: 'pfn-mkwrite', arch: 'arm64' });
    const refused = (changes: SimulationRequest) => () => configure(replaySettings(meta, changes));
    expect(refused({ strategy: 'hw-dity' })).toThrow(/did you mean 'hw-dirty'/);
    expect(refused({ split: 'drop' })).toThrow(/no huge entry to split/);
    expect(refused({ mutations: ['no-flus'] })).toThrow(/did you mean 'no-flush'/);
  });
});
