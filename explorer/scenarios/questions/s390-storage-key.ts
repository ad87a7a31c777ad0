import type { ScenarioDefinition } from '../../scenario.js';
import { strategySetting } from '../../strategy-scenario.js';
import { THREAD_OF_2013 } from './thread.js';

/** The fourth question: s390 before 3.9, where the change bit belongs to the frame. */
export const s390StorageKey: ScenarioDefinition = {
  id: 's390-storage-key',
  summary: 'the change bit of the frame is read and reset: no entry holds it and no TLB caches it',
  year: 2013,
  reference: THREAD_OF_2013,
  kind: 'question',
  variants: [],
  expects: 'safe',
  architectures: ['s390x-key'],
  setting: (_variant, arch) => ({
    ...strategySetting({
      machine: { strategy: 'storage-key', arch },
      cpus: 2,
      pages: 1,
      writes: 2,
      harvests: 2,
      evictions: 1,
    }),
    assumes: ['a store and the setting of the change bit are one step', 'RRBE reads and resets the bit in one step'],
  }),
};
