/** What is run, and what is refused with which words. */
import { describe, expect, it } from 'vitest';
import type { SimulationRequest } from '../../simulator/index.js';
import { type Axes, combinationsOf } from './combinations.js';
import { namesOf } from './names.js';
import type { NeedId } from './needs.js';

function runsOf(axes: Axes, common: SimulationRequest = {}): string[] {
  return [...namesOf(combinationsOf(axes, common, null).runs, axes).runs];
}

const refusedBy = (axes: Axes, common: SimulationRequest = {}, needs: readonly NeedId[] = []) =>
  combinationsOf(axes, common, null, needs).refused.map(({ strategy, arch, what }) => `${strategy} ${arch}: ${what}`);

describe('what is run', () => {
  it.each<[string, Axes, readonly string[]]>([
    ['each once', { strategies: ['hw-dirty', 'pml', 'hw-dirty'] }, ['hw-dirty', 'pml']],
    ['variants', { strategies: ['kvm-dirty-log:manual', 'kvm-dirty-log'] }, ['kvm-dirty-log:manual', 'kvm-dirty-log']],
    [
      'each with each setting, the first axis slowest',
      { strategies: ['hw-dirty'], cpus: [1, 2], harvestEvery: [1000, 0] },
      [
        'hw-dirty, 1 CPU, every 1,000',
        'hw-dirty, 1 CPU, one harvest',
        'hw-dirty, 2 CPUs, every 1,000',
        'hw-dirty, 2 CPUs, one harvest',
      ],
    ],
    [
      'settings given once do not make a name longer',
      { strategies: ['hw-dirty'], cpus: [2], tlbs: [{ sets: 2, ways: 3 }] },
      ['hw-dirty'],
    ],
    [
      'equal settings once',
      {
        strategies: ['hw-dirty'],
        tlbs: [
          { sets: 2, ways: 3 },
          { sets: 2, ways: 3 },
        ],
      },
      ['hw-dirty'],
    ],
  ])('%s', (_, axes, expected) => {
    expect(runsOf(axes)).toEqual(expected);
  });
});

describe('what does not go together', () => {
  it('is told, each once, and the rest runs', () => {
    const axes = { strategies: ['hw-dirty', 'pml', 'storage-key'], archs: ['x86-64', 'arm64'], cpus: [1, 2, 4] };
    expect(runsOf(axes)).toHaveLength(9);
    expect(refusedBy(axes)).toEqual([
      'pml arm64: strategy pml does not run on arm64',
      'storage-key x86-64: strategy storage-key does not run on x86-64',
      'storage-key arm64: strategy storage-key does not run on arm64',
    ]);
  });

  it('can be a mapping, or a need', () => {
    expect(refusedBy({ strategies: ['hw-dirty', 'page-mkwrite'] }, { vma: 'pfnmap' })).toEqual([
      'page-mkwrite null: page-mkwrite cannot track a pfnmap mapping',
    ]);
    expect(refusedBy({ strategies: ['hw-dirty', 'pml'] }, {}, ['process'])).toEqual([
      'pml null: pml does not do with --need process',
    ]);
  });

  it.each<[string, Axes, SimulationRequest, RegExp]>([
    ['a strategy that is not known', { strategies: ['hw-dirty', 'hw-dity'] }, {}, /did you mean 'hw-dirty'/],
    ['a variant that is not known', { strategies: ['kvm-dirty-log:manuel'] }, {}, /did you mean 'manual'/],
    ['a variant where there is none', { strategies: ['hw-dirty:manual'] }, {}, /hw-dirty has no variants/],
    ['an architecture that is not known', { strategies: ['all'], archs: ['x86_64'] }, {}, /did you mean 'x86-64'/],
    ['a mapping that is not known', { strategies: ['all'] }, { vma: 'pfnmapp' }, /did you mean 'pfnmap'/],
    ['no CPU', { strategies: ['all'], cpus: [1, 0] }, {}, /--cpus 0/],
    ['a TLB without sets', { strategies: ['all'], tlbs: [{ sets: 0, ways: 4 }] }, {}, /--tlb-sets 0/],
    ['a cost profile that is not known', { strategies: ['all'], costs: ['x86'] }, {}, /x86/],
    ['a figure that is not known', { strategies: ['all'] }, { costOverrides: { wpFalt: 1 } }, /did you mean 'wpFault'/],
    [
      'nothing that goes together',
      { strategies: ['pml', 'soft-dirty'], archs: ['arm64'] },
      {},
      /nothing of it goes together, for 2 reasons/,
    ],
    ['the only one', { strategies: ['pml'], archs: ['arm64'] }, {}, /^strategy pml does not run on arm64/],
  ])('is an error where it is %s', (_, axes, common, expected) => {
    expect(() => combinationsOf(axes, common, null)).toThrow(expected);
  });
});
