import type { ScenarioDefinition } from '../../scenario.js';
import { moving } from './moving.js';
import { writingBack } from './write-back.js';

/** The first form of the repair of `move-before-flush`: D is looked at while the walker can still set it. */
export const moveChecksLiveEntry: ScenarioDefinition = {
  id: 'move-checks-live-entry',
  summary: 'mremap decides on an early flush by the entry as it was before it was taken, or by what the exchange gave',
  year: 2016,
  reference: 'Linux 5d1904204c99 (4.9) as first proposed; a2ce2666aa87',
  kind: 'race',
  variants: ['buggy', 'fixed'],
  expects: 'lost-write',
  guilty: { actor: 'mremap', step: 'look at D', how: 'early' },
  architectures: ['x86-64', 'arm64-dbm', 'riscv64-svadu'],
  setting: (variant, arch) =>
    moving(arch, {
      rule: variant === 'fixed' ? 'taken entry' : 'live entry',
      begins: 'load',
      does: (stage) => [stage.store(0), stage.store(0)],
      other: writingBack,
      assumes: ['the walker sets D without taking a lock'],
    }),
};
