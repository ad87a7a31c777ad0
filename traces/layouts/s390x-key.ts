import { PTE_ACCESSED, PTE_PRESENT, PTE_SPECIAL, PTE_WRITABLE, type PteLayout } from './define.js';

// z/Architecture page-table entry and arch/s390/include/asm/pgtable.h; the change bit is in the storage key of the frame.
const PRESENT = 0x001; // software
const YOUNG = 0x004; // software
const SPECIAL = 0x040; // software
const PROTECT = 0x200;
const INVALID = 0x400;

export const s390xKey: PteLayout = {
  id: 's390x-key',
  keeps: PTE_PRESENT | PTE_WRITABLE | PTE_ACCESSED | PTE_SPECIAL,
  summary: '0x001 present, 0x004 young, 0x040 special, 0x200 protect, 0x400 invalid, 12..63 frame; no dirty bit',
  flags(low) {
    if ((low & PRESENT) === 0 || low & INVALID) return 0;
    return (
      PTE_PRESENT |
      (low & PROTECT ? 0 : PTE_WRITABLE) |
      (low & YOUNG ? PTE_ACCESSED : 0) |
      (low & SPECIAL ? PTE_SPECIAL : 0)
    );
  },
  frame(low, high) {
    return high * 2 ** 20 + (low >>> 12);
  },
  low(flags, frame) {
    if ((flags & PTE_PRESENT) === 0) return 0;
    const bits =
      PRESENT |
      (flags & PTE_SPECIAL ? SPECIAL : 0) |
      (flags & PTE_WRITABLE ? 0 : PROTECT) |
      (flags & PTE_ACCESSED ? YOUNG : 0);
    return (bits | ((frame % 2 ** 20) << 12)) >>> 0;
  },
  high(flags, frame) {
    if ((flags & PTE_PRESENT) === 0) return 0;
    return Math.floor(frame / 2 ** 20) >>> 0;
  },
  describe(low) {
    if ((low & PRESENT) === 0) return 'none';
    const names = ['present'];
    if (low & YOUNG) names.push('young');
    if (low & SPECIAL) names.push('special');
    if (low & PROTECT) names.push('protect');
    if (low & INVALID) names.push('invalid');
    return names.join(' ');
  },
};
