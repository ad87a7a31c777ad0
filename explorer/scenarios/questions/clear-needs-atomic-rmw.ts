import type { ScenarioDefinition } from '../../scenario.js';
import { strategySetting } from '../../strategy-scenario.js';
import { THREAD_OF_2013 } from './thread.js';

/** The second question, first half: D is cleared by load, compute, store while the walker sets it. */
export const clearNeedsAtomicRmw: ScenarioDefinition = {
  id: 'clear-needs-atomic-rmw',
  summary: 'D is cleared by a load and a store, or by one atomic update, while the walker may set it',
  year: 2013,
  reference: THREAD_OF_2013,
  kind: 'question',
  variants: ['buggy', 'fixed'],
  expects: 'lost-write',
  guilty: { actor: 'harvest', step: 'clean entries', how: 'stale' },
  architectures: ['x86-64', 'arm64-dbm', 'riscv64-svadu'],
  setting: (variant, arch) => ({
    ...strategySetting({
      machine: { strategy: 'hw-dirty', arch, mutations: variant === 'buggy' ? ['plain-rmw'] : [] },
      cpus: 1,
      pages: 1,
      writes: 2,
      harvests: 2,
      evictions: 1,
    }),
    assumes: [
      'the walker checks P and W again in the step that sets D, without taking a lock of the kernel',
      'the kernel changes entries under the page-table lock',
    ],
  }),
};
