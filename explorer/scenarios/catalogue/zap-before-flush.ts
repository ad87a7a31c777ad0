import type { ScenarioDefinition } from '../../scenario.js';
import { zapping } from './zapping.js';

/**
 * D was handed on to the page before the CPU that sets it had lost its entry: write-back finds no mapping to clean, takes the flag, and reads bytes that
 * the CPU then goes on to change.
 */
export const zapBeforeFlush: ScenarioDefinition = {
  id: 'zap-before-flush',
  summary: 'MADV_DONTNEED hands D on to the page and flushes after the lock; write-back comes in between',
  year: 2014,
  reference: 'Linux 1cf35d47712d (3.15); linux-mm, Apr 2014, "Dirty/Access bits vs. page content"',
  kind: 'race',
  variants: ['buggy', 'fixed'],
  expects: 'lost-write',
  guilty: { actor: 'madvise', step: 'flush', how: 'late' },
  architectures: ['x86-64', 'arm64', 'riscv64-svade'],
  setting: (variant, arch) => zapping(arch, { flushesUnderLock: variant === 'fixed', pageLock: true }),
};
