import { PTE_PRESENT, PTE_WRITABLE } from '../../traces/index.js';
import { CPU_LOG, drainLog, kickEach, THIS_CPU } from '../kernel/cpu-logs.js';
import { mapOnFault, upgradeEntry, WRITTEN } from '../kernel/faults.js';
import { logRound, logSteps } from '../kernel/second-stage-log.js';
import { cleaning } from '../kernel/walks.js';
import { CARRIER, EXIT_REASON } from '../machine/codes.js';
import { type Micro, micro, Op } from '../micro-ops.js';
import { mutation } from '../mutations.js';
import { defineStrategy } from './define.js';

/**
 * Intel's page-modification logging (Intel SDM vol. 3C, 28.3.6; KVM since Linux 4.0): when the walker sets D in the second stage it also writes the
 * page's address into a log of 512 entries that each virtual CPU has. A log with no room makes its CPU exit before it sets the next D.
 * KVM drains logs into its bitmap, clears D of the pages in it, and flushes.
 */
export const pml = defineStrategy({
  id: 'pml',
  summary: 'the walker logs each page whose second-stage D it sets, 512 to a buffer',
  price: 'one exit per full log, a kick of every virtual CPU and one flush per harvest; no exit per page',
  vmas: ['guest'],
  vmaReason: 'it tracks second-stage memory of a virtual machine',
  architectures: ['x86-64'],
  carriers: ['pml-buffer', 'bitmap', 'snapshot'],
  cannotSee: ['device-dma', 'kernel-write'],
  faultCosts: ['eptViolation'],
  monitor: { pml: true },
  steps: [
    {
      step: 'drain',
      summary: 'every virtual CPU is made to exit and its log goes into the bitmap',
      mutations: [mutation('no-kick', 'coarse')],
    },
    ...logSteps({
      step: 'clean',
      summary: 'D is cleared in the entries of the snapshot, under the MMU lock, by an atomic update',
      mutations: [
        mutation('no-rearm', 'coarse'),
        mutation('plain-rmw', 'fine', {
          summary:
            'entries are stored back instead of updated atomically: a page of the snapshot that was unmapped and mapped again has no D, and one that the walker sets between load and store is overwritten, with no flush',
          needs: ['unmap'],
        }),
      ],
    }),
  ],
  create(options) {
    const { mutations, cost } = options;
    const mappedFlags = PTE_PRESENT | PTE_WRITABLE;
    const kicks = !mutations.has('no-kick');
    const arming = cleaning(options, -1);

    function drain(cpu: number): Micro {
      return drainLog('drain log', CPU_LOG.pml, cpu, (page) => [
        micro(Op.markMove, 'drain log', page, CARRIER['pml-buffer'], CARRIER.bitmap),
      ]);
    }

    return {
      // Who does not make virtual CPUs exit does not look at their logs.
      ...(!kicks && { carriers: ['bitmap', 'snapshot'] }),
      mappedFlags,
      writeFault: (page) => upgradeEntry(page, WRITTEN),
      notPresentFault: (page) => mapOnFault(page, mappedFlags),
      *logFull() {
        yield micro(Op.exit, 'drain log', -1, EXIT_REASON['pml-full'], -1, cost('pmlFull'));
        yield* drain(THIS_CPU);
      },
      *harvest() {
        if (kicks) yield* kickEach(cost('kick'), drain);
        yield* logRound(options, arming);
      },
    };
  },
});
