import type { ScenarioDefinition } from '../../scenario.js';
import { readIntoLazyFree } from './lazy-free.js';

/** Reclaim drops the entry of a clean page that a device is about to write to; that it cannot free the page itself comes out too late. */
export const lazyfreeUnmapsPinnedPage: ScenarioDefinition = {
  id: 'lazyfree-unmaps-pinned-page',
  summary: 'a page is read into from disk while reclaim drops it as clean; reclaim counts its references, or does not',
  year: 2022,
  reference: 'Linux 6c8e2a256915 (5.18)',
  kind: 'race',
  variants: ['buggy', 'fixed'],
  expects: 'invisible-write',
  guilty: { actor: 'reclaim', step: 'read reference count', how: 'missing' },
  architectures: ['x86-64', 'arm64-dbm'],
  setting: (variant, arch) => readIntoLazyFree(arch, variant === 'fixed' ? 'right' : 'never'),
};
