import { describe, expect, it } from 'vitest';
import { configure, STRATEGIES } from './index.js';

describe('configure', () => {
  it.each(STRATEGIES.map(({ id }) => id))('runs %s out of the box on its native VMA and architecture', (strategy) => {
    const { vma, architecture, notices, cost } = configure({ strategy });
    const definition = STRATEGIES.find(({ id }) => id === strategy)!;
    expect([vma.id, architecture.id]).toEqual([definition.vmas[0], definition.architectures[0]]);
    expect(cost.id).toBe(architecture.costProfile);
    expect(notices).toEqual([]);
  });

  it.each([
    { request: { strategy: 'hw-dirty', mutations: ['plain-rmw'] }, notice: /add --interleave fine/ },
    {
      request: { strategy: 'hw-dirty', mutations: ['plain-rmw'], arch: 'arm64', interleave: 'fine' },
      notice: /cannot bite: no hardware sets D on arm64/,
    },
    { request: { strategy: 'hw-dirty-wp', mutations: ['no-recheck'], interleave: 'fine' }, notice: /is harmless/ },
  ] as const)('gives notice of a mutation that cannot bite: $request', ({ request, notice }) => {
    const { notices } = configure(request);
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatch(notice);
  });

  it('calls nothing harmless that stands beside another mutation', () => {
    const mutations = ['no-second-flush', 'no-block'];
    const settings = configure({ strategy: 'hw-dirty-wp', mutations, interleave: 'fine' });
    expect(settings.mutations).toEqual(['no-block', 'no-second-flush']);
    expect(settings.notices).toEqual([]);
  });

  it.each([
    { request: { strategy: 'hw-dity' }, error: /did you mean 'hw-dirty'/ },
    { request: { strategy: 'soft-dirty', arch: 'arm64' }, error: /does not run on arm64.*use x86-64/ },
    { request: { strategy: 'soft-dirty', vma: 'pfnmap' }, error: /cannot track a pfnmap.*clear_refs/ },
    { request: { strategy: 'page-mkwrite', vma: 'pfnmap' }, error: /struct page.*for pfnmap one of:.*pfn-mkwrite/ },
    { request: { vma: 'pfnmp' }, error: /did you mean 'pfnmap'/ },
    { request: { cpus: 0 }, error: /--cpus 0/ },
    { request: { tlbWays: 1.5 }, error: /--tlb-ways 1.5/ },
    { request: { costOverrides: { wpFault: -1 } }, error: /wpFault=-1/ },
    { request: { strategy: 'pml', monitor: 'nested' }, error: /--guest ID --host pml/ },
    { request: { strategy: 'pml', host: 'kvm-dirty-log' }, error: /does not go with --host kvm-dirty-log/ },
    { request: { guest: 'pml' }, error: /cannot run inside.*--host pml/ },
    { request: { guest: 'storage-key' }, error: /guests are modelled on x86-64 only/ },
    { request: { guest: 'hw-dirty', host: 'pfn-mkwrite' }, error: /cannot run outside.*kvm-dirty-log/ },
    { request: { guest: 'hw-dirty', arch: 'arm64' }, error: /a guest does not run on arm64/ },
    {
      request: { host: 'pml', guest: 'hw-dirty', monitor: 'shadow' },
      error: /does not go with --monitor shadow.*shadow-paging/,
    },
    { request: { host: 'shadow-paging', guest: 'hw-dirty', monitor: 'nested' }, error: /--monitor shadow or broken/ },
    { request: { strategy: 'kvm-dirty-log', variant: 'manul' }, error: /did you mean 'manual'/ },
    { request: { variant: 'manual' }, error: /hw-dirty has no variants/ },
    { request: { strategy: 'soft-dirty', vma: 'anon', mms: 2 }, error: /--mms 2.*private/ },
    { request: { strategy: 'pml', mms: 2 }, error: /--mms 2.*mapped once/ },
    { request: { alias: '0x20=0x10' }, error: /FROM=TO:PAGES/ },
    { request: { alias: '0x14=0x10:8' }, error: /overlap/ },
    { request: { strategy: 'soft-dirty', pageSize: '2m' }, error: /not modelled with huge entries.*hw-dirty/ },
    { request: { arch: 'riscv64-svadu', pageSize: '2m' }, error: /huge entries of riscv64-svadu/ },
    { request: { split: 'drop' }, error: /add --page-size 2m/ },
    { request: { walker: 'blind', arch: 'arm64-dbm' }, error: /KNL4/ },
    { request: { strategy: 'pml', deviceMmu: true }, error: /--device-mmu/ },
    { request: { device: 'noncoherent' }, error: /did you mean 'non-coherent'/ },
    { request: { ringEntries: 1024 }, error: /only kvm-dirty-ring has rings/ },
    { request: { strategy: 'kvm-dirty-ring', ringEntries: 8 }, error: /--ring-entries 8/ },
    {
      request: { guest: 'hw-dirty', host: 'pml', mutations: ['no-flush'] },
      error: /guest:no-flush or --mutate host:no-flush/,
    },
    { request: { guest: 'hw-dirty', host: 'pml', mutations: ['host:no-kik'] }, error: /did you mean 'no-kick'/ },
  ])('refuses $request with the reason', ({ request, error }) => {
    expect(() => configure(request)).toThrow(error);
  });
});
