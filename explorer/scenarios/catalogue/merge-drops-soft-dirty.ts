/**
 * New areas count as soft-dirty. One is made beside an old one that does not count as such, with other rights; mprotect gives it the same, so the
 * two are merged, and the old one's flags are kept. The flag was left out of the comparison in 2014, because it kept areas from being merged.
 */
import type { ScenarioDefinition } from '../../scenario.js';
import { fillOnFault, mapArea, mergeAreas, names, unmapArea } from './new-areas.js';
import { checkpoint, SOFT_DIRTY_FAULTS } from './soft-dirty.js';

export const mergeDropsSoftDirty: ScenarioDefinition = {
  id: 'merge-drops-soft-dirty',
  summary:
    'an area that counts as soft-dirty is merged into one that does not: the flag of one goes, or holds for both',
  year: 2025,
  reference: 'Linux 6707915e030a; cause 34228d473efe (2014)',
  kind: 'sequence',
  variants: ['buggy', 'fixed'],
  expects: 'invisible-write',
  guilty: { actor: 'cpu0', step: 'merge areas', how: 'drops' },
  architectures: ['x86-64', 's390x'],
  setting: (variant, arch) => ({
    machine: { strategy: 'soft-dirty', arch, vma: 'anon' },
    pages: 2,
    steps: names,
    variables: ['flag of area'],
    reads: ['soft-dirty'],
    handlers: () => ({ ...SOFT_DIRTY_FAULTS, notPresentFault: fillOnFault }),
    before: (stage) => [
      {
        cpu: 0,
        does: [stage.store(0), stage.store(1), checkpoint(stage.page(0)), checkpoint(stage.page(1))],
      },
    ],
    actors: (stage) => [
      {
        name: 'cpu0',
        does: [
          { label: 'munmap page 1', code: () => unmapArea(stage.page(1)) },
          { label: 'mmap page 1, to be read', code: () => mapArea(true) },
          stage.load(1),
          {
            label: 'mprotect page 1, to be written',
            code: () => mergeAreas(stage.page(0), stage.page(1), variant === 'fixed'),
          },
        ],
      },
    ],
    assumes: [
      'what the kernel fills a new page with counts as a write around the page tables',
      'the calls hold the mmap lock, and nobody else maps anything',
    ],
  }),
};
