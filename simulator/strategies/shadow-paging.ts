import { PTE_PRESENT } from '../../traces/index.js';
import { mapOnFault, upgradeEntry, WRITTEN } from '../kernel/faults.js';
import { logRound, logSteps } from '../kernel/second-stage-log.js';
import { protecting } from '../kernel/walks.js';
import { CARRIER, LOCK } from '../machine/codes.js';
import { micro, Op } from '../micro-ops.js';
import { mutation } from '../mutations.js';
import { defineStrategy } from './define.js';

/**
 * Log-dirty over a shadow table: the hardware walks a table that the monitor derives from the guest's, and a page is writable in it only after its
 * first write has come to the monitor. That is how the guest's own D is emulated (Linux Documentation/virt/kvm/x86/mmu.rst), and the
 * same exits fill the monitor's bitmap.
 */
export const shadowPaging = defineStrategy({
  id: 'shadow-paging',
  summary: 'shadow entries write-protected until a page is first written: the monitor emulates D, and logs',
  price: 'one exit per page and epoch, one per flush of the guest, and one flush of every virtual CPU per harvest',
  vmas: ['guest'],
  vmaReason: 'it tracks second-stage memory of a virtual machine',
  architectures: ['x86-64'],
  carriers: ['bitmap', 'snapshot'],
  cannotSee: ['device-dma', 'kernel-write'],
  faultCosts: ['shadowFault'],
  monitor: { shadow: true },
  steps: [
    {
      step: 'mark',
      summary: 'the monitor notes the page and makes its shadow entry writable, under the MMU lock',
      mutations: [mutation('no-mark', 'coarse')],
    },
    ...logSteps(
      {
        step: 'protect',
        summary: 'W is taken from the shadow entries of the snapshot, under the MMU lock',
        mutations: [
          mutation('no-rearm', 'coarse'),
          mutation('plain-rmw', 'none', {
            summary:
              'shadow entries are stored back instead of updated atomically: nothing is lost, because only the holder of the MMU lock makes them writable',
          }),
        ],
      },
      {
        snapshot: [
          mutation('protect-before-swap', 'none', {
            summary:
              'entries are protected first and the bitmap is taken afterwards: nothing is lost, because the MMU lock keeps marks from being made in between',
          }),
        ],
        flush: [mutation('skip-owed-flush', 'fine')],
      },
    ),
  ],
  create(options) {
    const { mutations } = options;
    const arming = protecting(options);

    function* noteWrite(page: number) {
      if (!mutations.has('no-mark')) yield micro(Op.markSet, 'mark page', page, CARRIER.bitmap);
    }

    return {
      mappedFlags: PTE_PRESENT,
      notPresentFault: (page) => mapOnFault(page, PTE_PRESENT),
      *writeFault(page) {
        yield micro(Op.lock, 'lock', -1, LOCK.mmu);
        yield* noteWrite(page);
        yield* upgradeEntry(page, WRITTEN);
        yield micro(Op.unlock, 'lock', -1, LOCK.mmu);
      },
      noteWrite,
      harvest: () => logRound(options, arming),
    };
  },
});
