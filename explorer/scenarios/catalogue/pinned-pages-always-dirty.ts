/** A device may write what is pinned for it, and nobody knows when: all of it is reported in every round. */
import { ACTOR_DEVICE, CARRIER, type Micro, Op } from '../../../simulator/index.js';
import { actions } from '../../actions.js';
import { round } from '../../rounds.js';
import type { ScenarioDefinition } from '../../scenario.js';

const { act, names } = actions('pin page', 'is it pinned?');

const PINNED = CARRIER['page-flag'];
const PAGES = 3;
const ROUNDS = 2;

export const pinnedPagesAlwaysDirty: ScenarioDefinition = {
  id: 'pinned-pages-always-dirty',
  summary: 'without dirty bits in the IOMMU every page that is pinned for a device counts as written, in every round',
  year: 2020,
  reference: 'VFIO migration (Linux 5.8): VFIO_IOMMU_DIRTY_PAGES, and the narrowed scope of what a driver pins itself',
  kind: 'cost',
  variants: ['buggy', 'fixed'],
  expects: 'false-dirty',
  guilty: { actor: 'migration', step: 'is it pinned?', how: 'wrong' },
  architectures: ['x86-64'],
  worst: [PAGES * ROUNDS, ROUNDS],
  setting: (variant, arch) => ({
    machine: { strategy: 'kvm-dirty-log', arch },
    pages: PAGES,
    steps: names,
    reads: ['page-flag'],
    decides: ['false-dirty'],
    cost: 'reports',
    before: (stage) => [
      {
        cpu: 0,
        does: Array.from({ length: variant === 'buggy' ? PAGES : 1 }, (_, at) => ({
          label: `pin page ${at}`,
          code: () => pin(stage.page(at)),
        })),
      },
    ],
    actors: (stage) => [
      { name: 'device', does: [{ label: 'write to page 0', code: () => write(stage.page(0)) }] },
      {
        name: 'migration',
        role: 'harvest',
        does: Array.from({ length: ROUNDS }, (_, at) => ({
          label: `round ${at + 1}`,
          code: () => round(getPinned(Array.from({ length: PAGES }, (__, page) => stage.page(page)))),
        })),
      },
    ],
    assumes: [
      'the device writes one page once; of three pages all are pinned, or that one by its driver',
      'a page stays pinned while the device is in use',
    ],
  }),
};

function* pin(page: number): Micro {
  yield act(Op.markSet, 'pin page', page, PINNED);
}

function* write(page: number): Micro {
  yield act(Op.otherWrite, 'device write', page, 0, 8, ACTOR_DEVICE);
}

function* getPinned(pages: readonly number[]): Micro {
  for (const page of pages) {
    if (!(yield act(Op.markTest, 'is it pinned?', page, PINNED))) continue;
    yield act(Op.report, 'report', page);
    yield act(Op.transfer, 'transfer', page);
  }
}
