import type { CostProfile } from './profile.js';

export const x8664Native: CostProfile = {
  id: 'x86-64-native',
  summary: 'x86-64 on bare metal',
  source:
    'faults: minor-fault breakdowns of 1000-1500 cycles; shootdown: about 1 us plus 0.2 us a target; invlpg: kernel comment on ' +
    'tlb_single_page_flush_ceiling (100 ns); scan, compare, copy, signal and userfaultfd: measured on an AMD EPYC; the rest assumed',
  ns: {
    wpFault: 500,
    notPresentFault: 700,
    dirtyTrap: 450,
    spuriousFault: 400,
    mkwriteExtra: 300,
    walkerSetDirty: 30,
    ipiBase: 1000,
    ipiPerCpu: 200,
    broadcastBase: 300,
    broadcastPerPage: 20,
    invlpg: 100,
    fullFlush: 300,
    refillPerEntry: 10,
    pteScan: 2,
    scanArm: 35,
    pageClean: 120,
    upload4k: 250,
    memcmp4k: 220,
    pagemapRead: 24,
    scanWritten: 35,
    uffdSync: 8000,
    uffdArm: 100,
    sigsegv: 4000,
    mprotectPage: 58,
    keyOperation: 50,
    memcpy4k: 250,
  },
};
