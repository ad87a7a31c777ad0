import { PTE_DIRTY, PTE_SOFT_DIRTY, PTE_WRITABLE } from '../../../traces/index.js';
import { type Micro, Op } from '../../../simulator/index.js';
import type { ScenarioDefinition } from '../../scenario.js';
import { act, forkAfterFree } from './fork-after-free.js';

/** The dirty bit of software (_PAGE_MODIFIED), which no hardware sets: here a bit of the entry that has no other use in this scenario. */
const MODIFIED = PTE_SOFT_DIRTY;

/**
 * On LoongArch the handler of a store trap sets two bits, for hardware and for software; the hardware page walker that came later sets only its
 * own. Protecting an entry clears that one, and whether the other was set nobody looked.
 */
export const loongarchWrprotectDropsDirty: ScenarioDefinition = {
  id: 'loongarch-wrprotect-drops-dirty',
  summary:
    'fork write-protects an entry that the walker has made dirty on LoongArch; D goes to the bit of software, or nowhere',
  year: 2026,
  reference: 'Linux 018e9828eb52, found by the LTP test madvise09',
  kind: 'sequence',
  variants: ['buggy', 'fixed'],
  expects: 'lost-write',
  guilty: { actor: 'cpu0', step: 'write-protect entry', how: 'drops' },
  architectures: ['x86-64'],
  setting: (variant, arch) => {
    const setting = forkAfterFree(
      { arch },
      {
        dirty: PTE_DIRTY | MODIFIED,
        *protect(page): Micro {
          const old = yield act(Op.pteLoad, 'look at entry', page);
          const moved = variant === 'fixed' && old & PTE_DIRTY ? MODIFIED : 0;
          yield act(Op.pteStore, 'write-protect entry', page, (old & ~(PTE_WRITABLE | PTE_DIRTY)) | moved);
        },
      },
    );
    return {
      ...setting,
      assumes: [
        ...setting.assumes,
        'the walker of x86-64 stands for that of LoongArch: it sets D, and no bit of software',
      ],
    };
  },
};
