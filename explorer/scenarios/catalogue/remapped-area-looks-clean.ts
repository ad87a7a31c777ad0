/** Between two checkpoints an area is unmapped and another is mapped at its address. Nobody has written to it, and yet it holds something else. */
import type { ScenarioDefinition } from '../../scenario.js';
import { fillOnFault, mapArea, names, unmapArea } from './new-areas.js';
import { checkpoint, SOFT_DIRTY_FAULTS } from './soft-dirty.js';

export const remappedAreaLooksClean: ScenarioDefinition = {
  id: 'remapped-area-looks-clean',
  summary: 'an area is unmapped and mapped again between two checkpoints; new areas count as soft-dirty, or do not',
  year: 2013,
  reference: 'Linux d9104d1ca966 (3.12), reported by Pavel Emelyanov',
  kind: 'sequence',
  variants: ['buggy', 'fixed'],
  expects: 'invisible-write',
  guilty: { actor: 'cpu0', step: 'mark page', how: 'missing' },
  architectures: ['x86-64', 's390x'],
  setting: (variant, arch) => ({
    machine: { strategy: 'soft-dirty', arch, vma: 'anon' },
    pages: 1,
    steps: names,
    variables: ['flag of area'],
    reads: ['soft-dirty'],
    handlers: () => ({ ...SOFT_DIRTY_FAULTS, notPresentFault: fillOnFault }),
    before: (stage) => [{ cpu: 0, does: [stage.store(0), checkpoint(stage.page(0))] }],
    actors: (stage) => [
      {
        name: 'cpu0',
        does: [
          { label: 'munmap page 0', code: () => unmapArea(stage.page(0)) },
          { label: 'mmap page 0', code: () => mapArea(variant === 'fixed') },
          stage.load(0),
        ],
      },
    ],
    assumes: [
      'what the kernel fills a new page with counts as a write around the page tables',
      'both calls hold the mmap lock, and nobody else maps anything',
    ],
  }),
};
