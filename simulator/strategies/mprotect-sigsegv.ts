import { PTE_WRITABLE } from '../../traces/index.js';
import { userMonitorProtocol, userMonitorSteps } from '../kernel/user-monitor.js';
import { defineStrategy, PTE_ARCHITECTURES } from './define.js';

/**
 * User space alone: memory is made read-only, a SIGSEGV handler lists the page and makes it writable, the harvest makes the
 * written interval read-only again in one call. Kernel writes into an armed page fail with EFAULT instead of being tracked.
 */
export const mprotectSigsegv = defineStrategy({
  id: 'mprotect-sigsegv',
  summary: 'read-only memory and a SIGSEGV handler, in user space',
  price: 'a signal and a system call per page and epoch, each with a flush of its own; VMAs split',
  vmas: ['anon', 'shared-file'],
  vmaReason: 'a driver mapping does not belong to the process to protect',
  architectures: PTE_ARCHITECTURES,
  carriers: ['fault-list'],
  cannotSee: ['device-dma', 'kernel-write'],
  faultCosts: ['wpFault', 'sigsegv'],
  userSpace: true,
  steps: userMonitorSteps('one mprotect to read-only over the interval of listed pages'),
  create: (options) =>
    userMonitorProtocol(options, {
      rearm: {
        any: PTE_WRITABLE,
        clear: PTE_WRITABLE,
        record: -1,
        step: 're-arm entries',
        slotNs: 0,
        changeNs: options.cost('mprotectPage'),
      },
      byRuns: false,
      armedFlag: 0,
      flushOnFault: true,
    }),
});
