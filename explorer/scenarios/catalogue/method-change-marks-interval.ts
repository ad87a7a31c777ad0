/** The tracker of vmwgfx changes from write faults to D bits, and marks the whole interval that it scanned last. */
import { carrierMask, PTE_DIRTY, PTE_WRITABLE } from '../../../traces/index.js';
import { type Micro, Op, VARIABLE } from '../../../simulator/index.js';
import { actions } from '../../actions.js';
import { rounds } from '../../rounds.js';
import type { ScenarioDefinition } from '../../scenario.js';

const { act, names } = actions('track by write faults');

const PAGES = 3;
const MKWRITE = 1;
/** Scans in a row that called for the other method; the next one that does changes it. */
const TRIGGERS = 2;

export const methodChangeMarksInterval: ScenarioDefinition = {
  id: 'method-change-marks-interval',
  summary: 'vmwgfx changes its method when write faults cost too much, and reports a whole interval, written or not',
  year: 2019,
  reference: 'Linux b7468b15d271 (vmwgfx_page_dirty.c)',
  kind: 'cost',
  variants: [],
  expects: 'false-dirty',
  guilty: { actor: 'driver', step: 'mark page', how: 'wrong' },
  architectures: ['x86-64'],
  worst: [1.5],
  setting: (_variant, arch) => ({
    machine: { strategy: 'adaptive', arch, objectPages: PAGES },
    pages: PAGES,
    steps: names,
    decides: ['false-dirty'],
    cost: 'reports',
    // The first and the last page are written in the epoch that changes the method.
    before: (stage) => [
      {
        cpu: 0,
        does: [
          { label: 'track by write faults', code: () => trackByFaults([0, 1, 2].map((page) => stage.page(page))) },
          stage.store(0),
          stage.store(2),
        ],
      },
    ],
    actors: (stage) => [
      { name: 'cpu0', does: [stage.store(0)] },
      { name: 'driver', role: 'harvest', does: rounds(stage.tracking.strategy, 2) },
    ],
    assumes: [
      'two scans in a row have found more than 10 % of the object written',
      'the reservation lock is held over a scan and the transfer behind it',
    ],
  }),
};

/** As after a change of method the other way. */
function* trackByFaults(pages: readonly number[]): Micro {
  const step = 'track by write faults';
  yield act(Op.switchMethod, step, -1, 0, MKWRITE, carrierMask(['bitmap']));
  yield act(Op.remember, step, -1, VARIABLE.method, MKWRITE);
  yield act(Op.remember, step, -1, VARIABLE.triggers, TRIGGERS);
  for (const page of pages) yield act(Op.pteChange, step, page, PTE_WRITABLE | PTE_DIRTY, 0);
}
