/**
 * Cost profiles: what each step of tracking costs, in ns, as data. Every figure can be set on the command line and the whole
 * profile is stored in the trail, so a cost is never without its assumption.
 */
export const COST_NAMES = {
  wpFault: 'write-protection fault, entry to return',
  notPresentFault: 'not-present fault, entry to return',
  dirtyTrap: 'fault of a store to a clean entry, where the kernel sets D',
  spuriousFault: 'fault that finds nothing to do',
  mkwriteExtra: 'page_mkwrite or pfn_mkwrite callback on top of the fault',
  walkerSetDirty: 'hardware sets D in the in-memory entry',
  ipiBase: 'shootdown: send and wait, whatever the number of targets',
  ipiPerCpu: 'shootdown: each remote target on top',
  broadcastBase: 'broadcast invalidation: wait until every CPU has done it',
  broadcastPerPage: 'broadcast invalidation: each page on top',
  invlpg: 'invalidate one page in the local TLB',
  fullFlush: 'invalidate a whole address space in the local TLB',
  refillPerEntry: 'walk that brings back one valid entry lost to a full flush',
  pteScan: 'look at one slot of a page table in a range walk',
  scanArm: 'change one entry in a range walk',
  pageClean: 'reverse-map walk, lock and entry exchange of one page in page_mkclean',
  upload4k: 'transfer of 4 KiB to the consumer',
  memcmp4k: 'comparison of 4 KiB with a copy',
  pagemapRead: 'one entry of /proc/PID/pagemap',
  scanWritten: 'PAGEMAP_SCAN with WP_MATCHING: a written page, recorded and armed again',
  uffdSync: 'userfaultfd message to a monitor and back',
  uffdArm: 'UFFDIO_WRITEPROTECT, a page',
  sigsegv: 'SIGSEGV handler: signal, record, mprotect, return',
  mprotectPage: 'mprotect to read-only, a page',
  keyOperation: 'test and reset of one storage key (s390)',
  memcpy4k: 'copy of 4 KiB by the CPU',
  cacheFlush4k: 'write back the cache lines of 4 KiB (clflush, 64 lines), for a device that does not snoop',
  move4k: 'copy of 4 KiB between system memory and device memory',
  allocTable: 'allocate and clear a page table',
  splitEntry: 'split a huge entry',
  eptViolation: 'exit for an entry of the second stage that does not allow the access, and back',
  shadowFault: 'exit for an entry of the shadow table that does not allow the access, and back',
  invlpgExit: 'exit for a flush by a guest under shadow paging',
  pmlFull: 'exit for a full page-modification log, its 512 entries taken over',
  ringFull: 'exit for a full dirty ring, to user space and back',
  kick: 'make a virtual CPU exit, and let it in again',
  ringEntry: 'an entry of a dirty ring or log, taken over by the monitor',
} as const;

export type CostName = keyof typeof COST_NAMES;
export type Costs = Readonly<Record<CostName, number>>;

export interface CostProfile {
  readonly id: string;
  readonly summary: string;
  /** Where the figures come from. */
  readonly source: string;
  /** Figures set one by one on top of the profile, ns. */
  readonly overrides?: Readonly<Record<string, number>>;
  readonly ns: Costs;
}
