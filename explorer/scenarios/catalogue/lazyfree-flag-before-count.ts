import type { ScenarioDefinition } from '../../scenario.js';
import { readIntoLazyFree } from './lazy-free.js';

/** The reader marks the page and then drops its reference. Who looks at the mark first and counts afterwards may find neither. */
export const lazyfreeFlagBeforeCount: ScenarioDefinition = {
  id: 'lazyfree-flag-before-count',
  summary:
    'reclaim looks at the page flag before, or after, it counts references, while a reader marks the page and goes',
  year: 2022,
  reference: 'Linux 6c8e2a256915 (5.18): the read barrier of the repair',
  kind: 'race',
  variants: ['buggy', 'fixed'],
  expects: 'invisible-write',
  guilty: { actor: 'reclaim', step: 'read page flag', how: 'early' },
  architectures: ['x86-64', 'arm64-dbm'],
  setting: (variant, arch) => readIntoLazyFree(arch, variant === 'fixed' ? 'right' : 'after-flag'),
};
