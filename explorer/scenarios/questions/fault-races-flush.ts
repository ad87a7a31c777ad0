import type { ScenarioDefinition } from '../../scenario.js';
import { strategySetting } from '../../strategy-scenario.js';
import { THREAD_OF_2013 } from './thread.js';

/**
 * The first question: a store faults, or its hardware update of D is under way, while the consumer clears the entry and flushes that TLB. Two CPUs write one
 * page through two harvests, in every order that there is.
 */
export const faultRacesFlush: ScenarioDefinition = {
  id: 'fault-races-flush',
  summary: 'a fault or a hardware D update races with clearing the entry and flushing that TLB',
  year: 2013,
  reference: THREAD_OF_2013,
  kind: 'question',
  variants: [],
  expects: 'safe',
  architectures: ['x86-64', 'arm64', 'arm64-dbm', 'riscv64-svade'],
  setting: (_variant, arch) => ({
    ...strategySetting({
      machine: { strategy: 'hw-dirty', arch },
      cpus: 2,
      pages: 1,
      writes: 2,
      harvests: 2,
      evictions: 1,
    }),
    before: (stage) => [{ cpu: 0, does: [stage.store(0)] }],
    assumes: [
      'the walker, or the fault handler, checks P and W again in the step that sets D',
      'each entry is changed under its page-table lock by one atomic update',
      'a CPU acts on a flush only between two instructions, and the flush is over when every CPU has',
    ],
  }),
};
