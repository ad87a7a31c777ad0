import type { ScenarioDefinition } from '../../scenario.js';
import { moving } from './moving.js';
import { writingBack } from './write-back.js';

/** A dirty entry is at its new place, where write-back cleans and flushes it; the old place, which is still cached, is flushed too late. */
export const moveBeforeFlush: ScenarioDefinition = {
  id: 'move-before-flush',
  summary: 'mremap moves a dirty entry and flushes the old place after the lock; write-back flushes the new one',
  year: 2016,
  reference: 'Linux 5d1904204c99 (4.9)',
  kind: 'race',
  variants: ['buggy', 'fixed'],
  expects: 'lost-write',
  guilty: { actor: 'mremap', step: 'flush', how: 'late' },
  architectures: ['x86-64', 'arm64-dbm', 'riscv64-svadu'],
  setting: (variant, arch) =>
    moving(arch, {
      rule: variant === 'fixed' ? 'taken entry' : 'never',
      begins: 'store',
      does: (stage) => [stage.store(0)],
      other: writingBack,
      assumes: [],
    }),
};
