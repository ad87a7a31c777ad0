import { PTE_DIRTY, PTE_WRITABLE } from '../../../traces/index.js';
import { type Micro, Op } from '../../../simulator/index.js';
import type { ScenarioDefinition } from '../../scenario.js';
import { act, forkAfterFree } from './fork-after-free.js';

/**
 * On arm64 an entry that hardware may make dirty is so when it is not read-only; there is a dirty bit of software beside it, for entries that may
 * not be written. Protecting an entry makes it read-only: a D that only hardware had set goes with that, unless it is moved to the other bit. D of
 * the machine is either of the two.
 */
export const arm64WrprotectDropsDirty: ScenarioDefinition = {
  id: 'arm64-wrprotect-drops-dirty',
  summary:
    'fork write-protects an entry that hardware has made dirty on arm64; D goes to the bit of software, or nowhere',
  year: 2020,
  reference: 'Linux ff1712f953e2 (5.10); cause 2f4b829c625e (2015)',
  kind: 'sequence',
  variants: ['buggy', 'fixed'],
  expects: 'lost-write',
  guilty: { actor: 'cpu0', step: 'write-protect entry', how: 'drops' },
  architectures: ['arm64-dbm'],
  setting: (variant, arch) =>
    forkAfterFree(
      { arch },
      {
        dirty: PTE_DIRTY,
        *protect(page): Micro {
          const goes = variant === 'fixed' ? PTE_WRITABLE : PTE_WRITABLE | PTE_DIRTY;
          yield act(Op.pteChange, 'write-protect entry', page, goes, 0);
        },
      },
    ),
};
