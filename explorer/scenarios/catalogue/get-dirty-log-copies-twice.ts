import { rounds } from '../../rounds.js';
import type { ScenarioDefinition } from '../../scenario.js';

/**
 * GET_DIRTY_LOG protects every page that it reports, and they are copied one after the other: a page that is written before its turn is copied with that
 * write, and reported once more. Clearing each just before it is copied leaves one such window open at a time.
 */
export const getDirtyLogCopiesTwice: ScenarioDefinition = {
  id: 'get-dirty-log-copies-twice',
  summary:
    'KVM protects all pages of a round at once, and those that are written before they are copied are copied twice',
  year: 2018,
  reference: 'Linux 2a31b9db1535 (KVM_CLEAR_DIRTY_LOG)',
  kind: 'cost',
  variants: ['buggy', 'fixed'],
  expects: 'false-dirty',
  guilty: { actor: 'migration', step: 'protect entries', how: 'early' },
  architectures: ['x86-64'],
  worst: [2, 1.5],
  setting: (variant, arch) => ({
    machine: { strategy: 'kvm-dirty-log', arch, variant: variant === 'buggy' ? 'get' : 'manual' },
    pages: 2,
    decides: ['false-dirty'],
    cost: 'reports',
    before: (stage) => [{ cpu: 0, does: [stage.store(0), stage.store(1)] }],
    actors: (stage) => [
      // Against the order of copying: it meets several windows only where they are open at once.
      { name: 'vcpu0', does: [stage.store(1), stage.store(0)] },
      { name: 'migration', role: 'harvest', does: rounds(stage.tracking.strategy, 2) },
    ],
    assumes: [
      'the two pages are of different groups of 64, so CLEAR_DIRTY_LOG takes them one after the other',
      'pages are copied in the order of their addresses',
    ],
  }),
};
