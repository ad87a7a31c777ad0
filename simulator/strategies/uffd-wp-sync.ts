import { PTE_UFFD_WP, PTE_WRITABLE } from '../../traces/index.js';
import { userMonitorProtocol, userMonitorSteps } from '../kernel/user-monitor.js';
import { defineStrategy, PTE_ARCHITECTURES } from './define.js';

/**
 * userfaultfd write-protect with a monitor (Documentation/admin-guide/mm/userfaultfd.rst): the writer sleeps while a message goes
 * to the monitor, which lists the page and lifts the protection. The harvest is the list; UFFDIO_WRITEPROTECT arms each run again.
 */
export const uffdWpSync = defineStrategy({
  id: 'uffd-wp-sync',
  summary: 'userfaultfd write-protect, each first write resolved by a monitor thread',
  price: 'a message to the monitor and back per page and epoch; one flush per run of dirty pages',
  vmas: ['anon', 'shared-file'],
  vmaReason: 'userfaultfd does not register VM_PFNMAP',
  architectures: PTE_ARCHITECTURES,
  carriers: ['fault-list'],
  cannotSee: ['device-dma', 'kernel-write'],
  faultCosts: ['uffdSync'],
  userSpace: true,
  steps: userMonitorSteps('UFFDIO_WRITEPROTECT sets uffd-wp and takes W, run by run of listed pages'),
  create: (options) =>
    userMonitorProtocol(options, {
      rearm: {
        any: PTE_WRITABLE,
        clear: PTE_WRITABLE,
        set: PTE_UFFD_WP,
        record: -1,
        step: 're-arm entries',
        slotNs: 0,
        changeNs: options.cost('uffdArm'),
      },
      byRuns: true,
      armedFlag: PTE_UFFD_WP,
      flushOnFault: false,
    }),
});
