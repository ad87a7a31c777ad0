/**
 * Defects of the past that mutations stand for, by a number of ours: what went wrong, when, and where it was found or mended. Mutations name
 * them; documents list them.
 */
export interface HistoricalBug {
  readonly year: number;
  readonly what: string;
  readonly reference: string;
}

export const HISTORY = {
  A1: {
    year: 2000,
    what: 'dirty bits lost on x86 SMP by non-atomic updates of entries',
    reference: 'linux-mm, "workaround for lost dirty bits on x86 SMP"; again in PAGEMAP_SCAN\'s hugetlb path in 2026',
  },
  A2: {
    year: 2001,
    what: 'D cleared without a flush: later writes go through the TLB entry and never set it again',
    reference: 'linux-kernel, "x86 ptep_get_and_clear question"',
  },
  A4: {
    year: 2016,
    what: 'a walker that sets A and D without looking at the entry again (Knights Landing erratum KNL4)',
    reference: 'Linux e4a84be6f05e',
  },
  A5: {
    year: 2014,
    what: 'dirtiness handed on before the flush: write-back cleaned a page that a CPU still wrote to',
    reference: 'Linux 1cf35d47712d (3.15)',
  },
  A13: {
    year: 2021,
    what: 'clearing soft-dirty bits no longer flushed, after an optimisation of double flushes',
    reference: 'Linux 912efa17e512; cause 0758cd830494',
  },
  A15: {
    year: 2018,
    what: 'D lost when a huge entry was split from a value read before',
    reference: 'Linux c58f0bb77ed8 and its series (4.16)',
  },
  A17: {
    year: 2022,
    what: 'migration to device memory took an entry out and forgot its D',
    reference: 'Linux fd35ca3d12cc',
  },
  A19: {
    year: 2013,
    what: 'the soft-dirty bit was lost when a page was swapped out',
    reference: 'Linux 179ef71cbc08; for uffd-wp, a page table cleared by MADV_DONTNEED left a hole (2026)',
  },
  A25: {
    year: 2016,
    what: 'fsync of a DAX file cleaned the index and left the mapping writable',
    reference: 'Linux f729c8c9b24f; cause 4b4bb46d00b3',
  },
  A32: {
    year: 2010,
    what: 'KVM write-protected first and swapped bitmaps afterwards',
    reference: 'Linux edde99ce0529',
  },
  A33: {
    year: 2012,
    what: 'KVM dropped the lock between write protection and flush',
    reference: 'Linux 6dbf79e7164e; cause 95d4c16ce78c',
  },
  A35: {
    year: 2022,
    what: 'a plain store over an entry of the second stage lost W and D, and the flush that depended on them',
    reference: 'Linux ba3a6120a4e7',
  },
  A42: {
    year: 2020,
    what: 'vmwgfx drops its lock after pfn_mkwrite has marked and before the entry becomes writable',
    reference: 'Linux b7468b15d271, by reading; no report',
  },
  'large-spte': {
    year: 2013,
    what: 'the lock-free fault path of KVM made a 2 MiB entry writable and logged its first 4 KiB',
    reference: 'Linux c126d94f2c90',
  },
  'ring-initially-set': {
    year: 2021,
    what: 'with the bitmap initially set nothing was protected, so nothing entered the dirty ring',
    reference: 'QEMU, fix by Peter Xu',
  },
  'lazy-mmu': {
    year: 2025,
    what: 'PAGEMAP_SCAN flushed while lazy MMU mode still held back its updates',
    reference: 'linux-mm, Ryan Roberts',
  },
} as const satisfies Readonly<Record<string, HistoricalBug>>;

export type HistoryId = keyof typeof HISTORY;
