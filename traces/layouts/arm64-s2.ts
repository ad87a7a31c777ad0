import { PTE_ACCESSED, PTE_DIRTY, PTE_HUGE, PTE_PRESENT, PTE_WRITABLE, type PteLayout } from './define.js';

// Arm ARM, VMSAv8-64 stage 2 page descriptors; bit 55 is free for software, and stands for D here.
const VALID = 0b01;
const PAGE = 0b11; // a page; valid alone is a block (2 MiB)
const NORMAL = 0b1111 << 2; // MemAttr
const READ = 1 << 6; // S2AP[0]
const WRITE = 1 << 7; // S2AP[1]
const INNER_SHAREABLE = 0b11 << 8;
const AF = 1 << 10;
const SW_DIRTY = 1 << 23; // bit 55, in the high half
/** Output address bits 12..47: 20 of them in the low half, 16 in the high. */
const FRAME_HIGH = 0xffff;

export const arm64S2: PteLayout = {
  id: 'arm64-s2',
  summary: 'stage 2: bit 0..1 page, 6 and 7 S2AP read and write, 10 AF, 12..47 frame, 55 software dirty',
  keeps: PTE_PRESENT | PTE_WRITABLE | PTE_DIRTY | PTE_ACCESSED | PTE_HUGE,
  flags(low, high) {
    if ((low & VALID) === 0) return 0;
    return (
      PTE_PRESENT |
      (low & WRITE ? PTE_WRITABLE : 0) |
      (high & SW_DIRTY ? PTE_DIRTY : 0) |
      (low & AF ? PTE_ACCESSED : 0) |
      ((low & PAGE) === PAGE ? 0 : PTE_HUGE)
    );
  },
  frame: (low, high) => (high & FRAME_HIGH) * 2 ** 20 + (low >>> 12),
  low(flags, frame) {
    if ((flags & PTE_PRESENT) === 0) return 0;
    const bits =
      (flags & PTE_HUGE ? VALID : PAGE) |
      NORMAL |
      READ |
      INNER_SHAREABLE |
      (flags & PTE_WRITABLE ? WRITE : 0) |
      (flags & PTE_ACCESSED ? AF : 0);
    return (bits | ((frame % 2 ** 20) << 12)) >>> 0;
  },
  high(flags, frame) {
    if ((flags & PTE_PRESENT) === 0) return 0;
    return ((flags & PTE_DIRTY ? SW_DIRTY : 0) | (Math.floor(frame / 2 ** 20) & FRAME_HIGH)) >>> 0;
  },
  describe(low, high) {
    if ((low & VALID) === 0) return 'none';
    const names = ['valid'];
    if ((low & PAGE) !== PAGE) names.push('block');
    if (low & READ) names.push('R');
    if (low & WRITE) names.push('W');
    if (low & AF) names.push('AF');
    if (high & SW_DIRTY) names.push('sw-dirty');
    return names.join(' ');
  },
};
