import {
  PTE_ACCESSED,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_SOFT_DIRTY,
  PTE_UFFD_WP,
  PTE_WRITABLE,
  type PteLayout,
} from './define.js';

// Intel SDM vol. 3A, table "Format of a page-table entry that maps a 4-KByte page"; software bits as Linux uses them.
const P = 1 << 0;
const RW = 1 << 1;
const US = 1 << 2;
const A = 1 << 5;
const D = 1 << 6;
const SPECIAL = 1 << 9; // _PAGE_SOFTW1: no struct page behind it
const UFFD_WP = 1 << 10; // _PAGE_SOFTW2
const SOFT_DIRTY = 1 << 11; // _PAGE_SOFTW3
const NX = 0x8000_0000; // bit 63, in the high half

const NAMES: ReadonlyArray<readonly [number, string]> = [
  [P, 'P'],
  [RW, 'RW'],
  [US, 'US'],
  [1 << 3, 'PWT'],
  [1 << 4, 'PCD'],
  [A, 'A'],
  [D, 'D'],
  [1 << 7, 'PAT'],
  [1 << 8, 'G'],
  [SPECIAL, 'special'],
  [UFFD_WP, 'uffd-wp'],
  [SOFT_DIRTY, 'soft-dirty'],
];

export const x8664: PteLayout = {
  id: 'x86-64',
  keeps: PTE_PRESENT | PTE_WRITABLE | PTE_DIRTY | PTE_ACCESSED | PTE_SOFT_DIRTY | PTE_UFFD_WP,
  summary: 'bit 0 P, 1 RW, 2 US, 5 A, 6 D, 9 special, 10 uffd-wp, 11 soft-dirty, 12..51 frame, 63 NX',
  flags(low) {
    if ((low & P) === 0) return 0;
    return (
      PTE_PRESENT |
      (low & RW ? PTE_WRITABLE : 0) |
      (low & D ? PTE_DIRTY : 0) |
      (low & A ? PTE_ACCESSED : 0) |
      (low & SOFT_DIRTY ? PTE_SOFT_DIRTY : 0) |
      (low & UFFD_WP ? PTE_UFFD_WP : 0)
    );
  },
  frame(low, high) {
    return (high & 0xf_ffff) * 2 ** 20 + (low >>> 12);
  },
  low(flags, frame) {
    if ((flags & PTE_PRESENT) === 0) return 0;
    const bits =
      P |
      US |
      SPECIAL |
      (flags & PTE_WRITABLE ? RW : 0) |
      (flags & PTE_DIRTY ? D : 0) |
      (flags & PTE_ACCESSED ? A : 0) |
      (flags & PTE_SOFT_DIRTY ? SOFT_DIRTY : 0) |
      (flags & PTE_UFFD_WP ? UFFD_WP : 0);
    return (bits | ((frame % 2 ** 20) << 12)) >>> 0;
  },
  high(flags, frame) {
    if ((flags & PTE_PRESENT) === 0) return 0;
    return (NX | (Math.floor(frame / 2 ** 20) & 0xf_ffff)) >>> 0;
  },
  describe(low, high) {
    const names = NAMES.filter(([bit]) => low & bit).map(([, name]) => name);
    if (high & NX) names.push('NX');
    return names.length === 0 ? 'none' : names.join(' ');
  },
};
