import type { ScenarioDefinition } from '../../scenario.js';
import { dropIfClean } from './drop-if-clean.js';
import { THREAD_OF_2013 } from './thread.js';

/** The same in the other order: protect atomically, flush, and only then look at D. */
export const protectFlushCheck: ScenarioDefinition = {
  id: 'protect-flush-check',
  summary: 'the entry is protected and flushed, then D is looked at, and a page that is clean is dropped',
  year: 2013,
  reference: THREAD_OF_2013,
  kind: 'question',
  variants: [],
  expects: 'safe',
  architectures: ['x86-64', 'arm64-dbm', 'riscv64-svadu'],
  setting: (_variant, arch) => dropIfClean(arch, false),
};
