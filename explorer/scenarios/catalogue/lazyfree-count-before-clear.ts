import type { ScenarioDefinition } from '../../scenario.js';
import { readIntoLazyFree } from './lazy-free.js';

/**
 * Each side writes one word and then reads the other's. Without a barrier between them reclaim may count references before its write of the entry
 * is seen.
 */
export const lazyfreeCountBeforeClear: ScenarioDefinition = {
  id: 'lazyfree-count-before-clear',
  summary:
    'reclaim counts references before, or after, the entry is out, while a reader takes one and looks at the entry again',
  year: 2022,
  reference: 'Linux 6c8e2a256915 (5.18): the full barrier of the repair',
  kind: 'race',
  variants: ['buggy', 'fixed'],
  expects: 'invisible-write',
  guilty: { actor: 'reclaim', step: 'read reference count', how: 'early' },
  architectures: ['x86-64', 'arm64-dbm'],
  setting: (variant, arch) => readIntoLazyFree(arch, variant === 'fixed' ? 'right' : 'before-clear'),
};
