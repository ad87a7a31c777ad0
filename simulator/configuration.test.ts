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
      notice: /cannot bite on arm64/,
    },
    { request: { strategy: 'hw-dirty-wp', mutations: ['no-block'], interleave: 'fine' }, notice: /is harmless/ },
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
  ])('refuses $request with the reason', ({ request, error }) => {
    expect(() => configure(request)).toThrow(error);
  });
});
