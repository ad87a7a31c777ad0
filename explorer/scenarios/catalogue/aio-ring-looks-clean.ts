/** The kernel writes completions into a ring in the memory of the process, by a mapping of its own: no entry of the process tells of it. */
import { ACTOR_KERNEL, type Micro, Op } from '../../../simulator/index.js';
import { actions } from '../../actions.js';
import { rounds } from '../../rounds.js';
import type { ScenarioDefinition } from '../../scenario.js';

const { act, names } = actions('complete request', 'dump ring');

export const aioRingLooksClean: ScenarioDefinition = {
  id: 'aio-ring-looks-clean',
  summary: 'an incremental checkpoint leaves the ring of asynchronous I/O out, because its soft-dirty bits are clear',
  year: null,
  reference: 'CRIU, criu/mem.c: an AIO ring has no parent image',
  kind: 'sequence',
  variants: ['buggy', 'fixed'],
  expects: 'invisible-write',
  guilty: { actor: 'kernel', step: 'mark page', how: 'missing' },
  architectures: ['x86-64'],
  setting: (variant, arch) => ({
    machine: { strategy: 'soft-dirty', arch, vma: 'anon' },
    pages: 1,
    steps: names,
    // A ring is part of every image, whatever its bits say.
    reads: variant === 'buggy' ? ['soft-dirty', 'bitmap'] : ['soft-dirty', 'bitmap', 'mapped'],
    before: (stage) => [{ cpu: 0, does: [stage.load(0)] }],
    actors: (stage) => [
      { name: 'kernel', does: [{ label: 'a request completes', code: () => complete(stage.page(0)) }] },
      {
        name: 'criu',
        role: 'harvest',
        does: [
          ...rounds(stage.tracking.strategy, 1),
          ...(variant === 'buggy' ? [] : [{ label: 'dump the ring', code: () => dumpRing(stage.page(0)) }]),
        ],
      },
    ],
    assumes: ['completions come from interrupts, so that a stopped program does not keep them away'],
  }),
};

function* complete(page: number): Micro {
  yield act(Op.otherWrite, 'complete request', page, 0, 32, ACTOR_KERNEL);
}

function* dumpRing(page: number): Micro {
  yield act(Op.report, 'dump ring', page);
  yield act(Op.transfer, 'dump ring', page);
}
