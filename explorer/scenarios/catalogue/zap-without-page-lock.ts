import type { ScenarioDefinition } from '../../scenario.js';
import { zapping } from './zapping.js';

/** The order of 2014 rests on the page lock: without it a write fault and a whole zap fit between the cleaning of the entries and that of the page. */
export const zapWithoutPageLock: ScenarioDefinition = {
  id: 'zap-without-page-lock',
  summary: 'MADV_DONTNEED flushes under the page-table lock, but write faults and write-back take no page lock',
  year: 2014,
  reference: 'what Linux 1cf35d47712d (3.15) takes for granted',
  kind: 'race',
  variants: [],
  expects: 'lost-write',
  guilty: { actor: 'write-back', step: 'lock', how: 'missing' },
  architectures: ['x86-64', 'arm64', 'riscv64-svade'],
  setting: (_variant, arch) => zapping(arch, { flushesUnderLock: true, pageLock: false }),
};
