import type { ScenarioDefinition } from '../../scenario.js';
import { strategySetting } from '../../strategy-scenario.js';

/** clear_refs takes W and the soft-dirty bit and no longer flushes, since an optimisation tied the flush to pages that are freed. */
export const softDirtyWithoutFlush: ScenarioDefinition = {
  id: 'soft-dirty-without-flush',
  summary: 'clear_refs clears soft-dirty bits and W with or without a flush; a CPU goes on writing without a fault',
  year: 2021,
  reference: 'Linux 912efa17e512; cause 0758cd830494',
  kind: 'race',
  variants: ['buggy', 'fixed'],
  expects: 'lost-write',
  guilty: { actor: 'harvest', step: 'flush', how: 'missing' },
  architectures: ['x86-64', 'riscv64-svade', 'riscv64-svadu'],
  setting: (variant, arch) => ({
    ...strategySetting({
      machine: { strategy: 'soft-dirty', arch, mutations: variant === 'buggy' ? ['no-flush'] : [] },
      cpus: 1,
      pages: 1,
      writes: 2,
      harvests: 2,
      evictions: 1,
    }),
    assumes: [
      'the checkpointer stops the program between two instructions, reads all bits, clears them, and lets it go on',
      'it copies afterwards, while the program runs, and reads the soft-dirty bit and nothing else',
    ],
  }),
};
