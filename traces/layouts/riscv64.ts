import {
  PTE_ACCESSED,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_SOFT_DIRTY,
  PTE_UFFD_WP,
  PTE_WRITABLE,
  type PteLayout,
} from './define.js';

// RISC-V privileged specification, Sv39/Sv48 leaf entries; bits 59 and 60 as Linux uses them with Svrsw60t59b.
const V = 1 << 0;
const R = 1 << 1;
const W = 1 << 2;
const U = 1 << 4;
const A = 1 << 6;
const D = 1 << 7;
const SPECIAL = 1 << 8; // RSW
const SOFT_DIRTY = 1 << 27; // bit 59, in the high half
const UFFD_WP = 1 << 28; // bit 60

const NAMES: ReadonlyArray<readonly [number, string]> = [
  [V, 'V'],
  [R, 'R'],
  [W, 'W'],
  [1 << 3, 'X'],
  [U, 'U'],
  [1 << 5, 'G'],
  [A, 'A'],
  [D, 'D'],
  [SPECIAL, 'special'],
];

export const riscv64: PteLayout = {
  id: 'riscv64',
  keeps: PTE_PRESENT | PTE_WRITABLE | PTE_DIRTY | PTE_ACCESSED | PTE_SOFT_DIRTY | PTE_UFFD_WP,
  summary: 'bit 0 V, 1 R, 2 W, 4 U, 6 A, 7 D, 8 special, 10..53 frame, 59 soft-dirty, 60 uffd-wp',
  flags(low, high) {
    if ((low & V) === 0) return 0;
    return (
      PTE_PRESENT |
      (low & W ? PTE_WRITABLE : 0) |
      (low & D ? PTE_DIRTY : 0) |
      (low & A ? PTE_ACCESSED : 0) |
      (high & SOFT_DIRTY ? PTE_SOFT_DIRTY : 0) |
      (high & UFFD_WP ? PTE_UFFD_WP : 0)
    );
  },
  frame(low, high) {
    return (high & 0x3f_ffff) * 2 ** 22 + (low >>> 10);
  },
  low(flags, frame) {
    if ((flags & PTE_PRESENT) === 0) return 0;
    const bits =
      V |
      R |
      U |
      SPECIAL |
      (flags & PTE_WRITABLE ? W : 0) |
      (flags & PTE_ACCESSED ? A : 0) |
      (flags & PTE_DIRTY ? D : 0);
    return (bits | ((frame % 2 ** 22) << 10)) >>> 0;
  },
  high(flags, frame) {
    if ((flags & PTE_PRESENT) === 0) return 0;
    const bits = (flags & PTE_SOFT_DIRTY ? SOFT_DIRTY : 0) | (flags & PTE_UFFD_WP ? UFFD_WP : 0);
    return (bits | (Math.floor(frame / 2 ** 22) & 0x3f_ffff)) >>> 0;
  },
  describe(low, high) {
    const names = NAMES.filter(([bit]) => low & bit).map(([, name]) => name);
    if (high & SOFT_DIRTY) names.push('soft-dirty');
    if (high & UFFD_WP) names.push('uffd-wp');
    return names.length === 0 ? 'none' : names.join(' ');
  },
};
