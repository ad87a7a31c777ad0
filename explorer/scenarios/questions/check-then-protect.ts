import type { ScenarioDefinition } from '../../scenario.js';
import { dropIfClean } from './drop-if-clean.js';
import { THREAD_OF_2013 } from './thread.js';

/** The second question, second half: will "check, then protect" do? */
export const checkThenProtect: ScenarioDefinition = {
  id: 'check-then-protect',
  summary: 'D is looked at, then the entry is protected and flushed, and a page that looked clean is dropped',
  year: 2013,
  reference: THREAD_OF_2013,
  kind: 'question',
  variants: [],
  expects: 'lost-write',
  guilty: { actor: 'reclaim', step: 'look at D', how: 'early' },
  architectures: ['x86-64', 'arm64-dbm', 'riscv64-svadu'],
  setting: (_variant, arch) => dropIfClean(arch, true),
};
