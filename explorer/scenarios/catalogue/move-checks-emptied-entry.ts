import type { ScenarioDefinition } from '../../scenario.js';
import { moving } from './moving.js';
import { writingBack } from './write-back.js';

/** The repair of the repair: D is looked at after the entry was taken, but in the place where it was, which is empty. The early flush never comes. */
export const moveChecksEmptiedEntry: ScenarioDefinition = {
  id: 'move-checks-emptied-entry',
  summary: 'mremap decides on an early flush by looking for D where it has just taken the entry out',
  year: 2016,
  reference: 'linux-mm, Nov 2016, on Linux 5d1904204c99; a2ce2666aa87 looks at what the exchange gave',
  kind: 'race',
  variants: ['buggy', 'fixed'],
  expects: 'lost-write',
  guilty: { actor: 'mremap', step: 'look at D', how: 'late' },
  architectures: ['x86-64', 'arm64-dbm', 'riscv64-svadu'],
  setting: (variant, arch) =>
    moving(arch, {
      rule: variant === 'fixed' ? 'taken entry' : 'emptied entry',
      begins: 'store',
      does: (stage) => [stage.store(0)],
      other: writingBack,
      assumes: [],
    }),
};
