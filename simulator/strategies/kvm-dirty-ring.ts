import { FAULT_WRITE, PTE_PRESENT } from '../../traces/index.js';
import { clearMarks, consumeMarked, transferMarked } from '../kernel/consume.js';
import { CPU_LOG, drainLog, kickEach, THIS_CPU } from '../kernel/cpu-logs.js';
import { mapOnFault, WRITTEN } from '../kernel/faults.js';
import { flushEntries } from '../kernel/restrict.js';
import { armMarked, moveMarks } from '../kernel/second-stage-log.js';
import { protecting } from '../kernel/walks.js';
import { CARRIER, EXIT_REASON, LOCK } from '../machine/codes.js';
import { type Micro, micro, Op } from '../micro-ops.js';
import { mutation } from '../mutations.js';
import { defineStrategy, TRANSFER, VM_ARCHITECTURES } from './define.js';

const { bitmap: BITMAP, snapshot: TAKEN, ring: RING } = CARRIER;

/**
 * KVM's dirty ring (Documentation/virt/kvm/api.rst, 8.29): each virtual CPU has a ring of the pages it dirtied. User space takes the entries, has KVM
 * reset them, which protects their pages and flushes, and only then may it read the bytes. A full ring makes its CPU exit to user space.
 */
export const kvmDirtyRing = defineStrategy({
  id: 'kvm-dirty-ring',
  summary: 'second-stage entries write-protected, each virtual CPU puts the pages it dirties into a ring',
  price: 'one exit per page and epoch, one per full ring, a kick of every virtual CPU and one flush per harvest',
  vmas: ['guest'],
  vmaReason: 'it tracks second-stage memory of a virtual machine',
  architectures: VM_ARCHITECTURES,
  carriers: ['ring', 'snapshot', 'bitmap'],
  cannotSee: ['device-dma', 'kernel-write'],
  faultCosts: ['eptViolation'],
  monitor: {},
  steps: [
    {
      step: 'arm at the start',
      summary: 'entries begin write-protected',
      mutations: [mutation('initially-set', 'coarse')],
    },
    {
      step: 'push',
      summary: 'the fault handler sets W without a lock and puts the page into the ring of its CPU',
      mutations: [mutation('no-mark', 'coarse')],
    },
    {
      step: 'take',
      summary: 'virtual CPUs are kicked, and the entries of all rings taken',
    },
    {
      step: 'reset',
      summary: 'the pages of the taken entries are protected, before their bytes are read',
      mutations: [mutation('no-rearm', 'coarse'), mutation('reset-after-read', 'fine')],
    },
    {
      step: 'flush',
      summary: 'every virtual CPU drops what it has cached',
      mutations: [mutation('no-flush', 'coarse')],
    },
    TRANSFER,
  ],
  create(options) {
    const { mutations, cost } = options;
    const arming = protecting(options);

    function take(cpu: number): Micro {
      return drainLog('drain ring', CPU_LOG.ring, cpu, (page) => [
        // Two CPUs may both have put it into their rings.
        micro(Op.markMove, 'drain ring', page, RING, -1),
        micro(Op.markSet, 'drain ring', page, TAKEN),
      ]);
    }

    /** KVM_RESET_DIRTY_RINGS. */
    function* reset(): Micro {
      if (mutations.has('no-rearm')) return;
      yield micro(Op.lock, 'lock', -1, LOCK.mmu);
      const { first, last } = yield* armMarked(options, arming, TAKEN);
      if (first >= 0 && !mutations.has('no-flush')) yield* flushEntries(options, first, last);
      yield micro(Op.unlock, 'lock', -1, LOCK.mmu);
    }

    function* push(page: number): Micro {
      if (mutations.has('no-mark')) return;
      if (!(yield micro(Op.ringPush, 'put page into ring', page))) return;
      yield micro(Op.exit, 'drain ring', -1, EXIT_REASON['ring-full'], -1, cost('ringFull'));
      yield micro(Op.lock, 'lock', -1, LOCK.monitor);
      yield* take(THIS_CPU);
      yield* reset();
      yield* moveMarks(options, TAKEN, BITMAP);
      yield micro(Op.unlock, 'lock', -1, LOCK.monitor);
    }

    return {
      mappedFlags: PTE_PRESENT | (mutations.has('initially-set') ? WRITTEN : 0),
      *notPresentFault(page, error) {
        const isWrite = (error & FAULT_WRITE) !== 0;
        yield* mapOnFault(page, PTE_PRESENT | (isWrite || mutations.has('initially-set') ? WRITTEN : 0));
        if (isWrite) yield* push(page);
      },
      *writeFault(page) {
        yield micro(Op.pteUpgrade, 'make entry writable', page, WRITTEN, 0); // fast_page_fault
        yield* push(page);
      },
      *harvest() {
        yield micro(Op.lock, 'lock', -1, LOCK.monitor);
        yield* kickEach(cost('kick'), take);
        const late = mutations.has('reset-after-read');
        if (late) yield* transferMarked(options, TAKEN, cost('upload4k'));
        yield* reset();
        if (late) yield* clearMarks(options, TAKEN);
        else yield* moveMarks(options, TAKEN, BITMAP);
        yield* consumeMarked(options, BITMAP, cost('upload4k'));
        yield micro(Op.unlock, 'lock', -1, LOCK.monitor);
      },
    };
  },
});
