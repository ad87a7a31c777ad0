import { FAULT_WRITE, PTE_PRESENT } from '../../traces/index.js';
import { mapOnFault, splitAround, WRITTEN } from '../kernel/faults.js';
import { logRound, logSteps, manualRound } from '../kernel/second-stage-log.js';
import { protecting } from '../kernel/walks.js';
import { CARRIER, LOCK } from '../machine/codes.js';
import { micro, Op } from '../micro-ops.js';
import { mutation } from '../mutations.js';
import { defineStrategy, VM_ARCHITECTURES } from './define.js';

/**
 * KVM's dirty bitmap (Documentation/virt/kvm/api.rst, locking.rst): entries of the second stage are write-protected; the first write exits, and the
 * fault handler sets W by compare-and-swap, without a lock, and then the page's bit.
 */
export const kvmDirtyLog = defineStrategy({
  id: 'kvm-dirty-log',
  summary: 'second-stage entries write-protected, a bitmap filled by exits, taken and armed again by the monitor',
  price: 'one exit per page and epoch, and one flush of every virtual CPU per harvest',
  vmas: ['guest'],
  vmaReason: 'it tracks second-stage memory of a virtual machine',
  architectures: VM_ARCHITECTURES,
  carriers: ['bitmap', 'snapshot'],
  variants: [
    { id: 'get', summary: 'GET_DIRTY_LOG takes the bitmap and protects its pages; then they are copied' },
    {
      id: 'manual',
      summary:
        'manual protect: GET only reads; CLEAR_DIRTY_LOG protects 64 pages at a time, just before they are copied',
    },
  ],
  cannotSee: ['device-dma', 'kernel-write'],
  faultCosts: ['eptViolation'],
  hugeEntries: 'split',
  monitor: {},
  steps: [
    {
      step: 'mark',
      summary: 'the fault handler sets W without a lock, then the bit of the page',
      mutations: [mutation('no-mark', 'coarse'), mutation('large-entry-logs-one', 'coarse')],
    },
    ...logSteps(
      {
        step: 'protect',
        summary: 'W is taken from the entries of the snapshot, under the MMU lock, by an atomic update',
        mutations: [
          mutation('no-rearm', 'coarse'),
          mutation('plain-rmw', 'fine', {
            history: 'A35',
            summary:
              'entries are stored back instead of updated atomically: a page that was marked late is in the snapshot with its W gone, and a W that a fault sets between load and store goes too, with no flush, so its CPU writes on through what it cached. That takes a fault that lasts over two rounds, which recordings do not have: only a search shows it',
          }),
        ],
      },
      { snapshot: [mutation('protect-before-swap', 'fine')] },
    ),
  ],
  create(options) {
    const { mutations } = options;
    const oneForAll = mutations.has('large-entry-logs-one');
    const arming = protecting(options);
    return {
      mappedFlags: PTE_PRESENT,
      *notPresentFault(page, error) {
        const written = (error & FAULT_WRITE) !== 0 && !options.huge;
        yield micro(Op.lock, 'lock', -1, LOCK.mmu);
        yield* mapOnFault(page, PTE_PRESENT | (written ? WRITTEN : 0));
        if (written && !mutations.has('no-mark')) yield micro(Op.markSet, 'mark page', page, CARRIER.bitmap);
        yield micro(Op.unlock, 'lock', -1, LOCK.mmu);
      },
      *writeFault(page) {
        if (!oneForAll) yield* splitAround(options, page);
        yield micro(Op.pteUpgrade, 'make entry writable', page, WRITTEN, 0); // fast_page_fault
        if (!mutations.has('no-mark')) yield micro(Op.markSet, 'mark page', page, CARRIER.bitmap);
      },
      harvest: () => (options.variant === 'manual' ? manualRound(options, arming) : logRound(options, arming)),
    };
  },
});
