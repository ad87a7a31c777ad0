import {
  PTE_ACCESSED,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_SOFT_DIRTY,
  PTE_SPECIAL,
  PTE_WRITABLE,
  type PteLayout,
} from './define.js';

// z/Architecture page-table entry and arch/s390/include/asm/pgtable.h since Linux 3.9.
const PRESENT = 0x001; // software, as are the next six
const SOFT_DIRTY = 0x002;
const YOUNG = 0x004;
const DIRTY = 0x008;
const READ = 0x010;
const WRITE = 0x020;
const SPECIAL = 0x040;
const PROTECT = 0x200; // hardware
const INVALID = 0x400; // hardware

const NAMES: ReadonlyArray<readonly [number, string]> = [
  [PRESENT, 'present'],
  [SOFT_DIRTY, 'soft-dirty'],
  [YOUNG, 'young'],
  [DIRTY, 'dirty'],
  [READ, 'read'],
  [WRITE, 'write'],
  [SPECIAL, 'special'],
  [PROTECT, 'protect'],
  [INVALID, 'invalid'],
];

/** The hardware knows two bits: protected unless the entry is writable and dirty already, invalid while it is not young. */
export const s390x: PteLayout = {
  id: 's390x',
  keeps: PTE_PRESENT | PTE_WRITABLE | PTE_DIRTY | PTE_ACCESSED | PTE_SOFT_DIRTY | PTE_SPECIAL,
  summary:
    '0x001 present, 0x002 soft-dirty, 0x004 young, 0x008 dirty, 0x010 read, 0x020 write, 0x040 special, 0x200 protect, 0x400 invalid, 12..63 frame',
  flags(low) {
    if ((low & PRESENT) === 0) return 0;
    return (
      PTE_PRESENT |
      (low & WRITE ? PTE_WRITABLE : 0) |
      (low & DIRTY ? PTE_DIRTY : 0) |
      (low & YOUNG ? PTE_ACCESSED : 0) |
      (low & SOFT_DIRTY ? PTE_SOFT_DIRTY : 0) |
      (low & SPECIAL ? PTE_SPECIAL : 0)
    );
  },
  frame: (low, high) => high * 2 ** 20 + (low >>> 12),
  low(flags, frame) {
    if ((flags & PTE_PRESENT) === 0) return 0;
    const storable = PTE_WRITABLE | PTE_DIRTY;
    const bits =
      PRESENT |
      READ |
      (flags & PTE_WRITABLE ? WRITE : 0) |
      (flags & PTE_DIRTY ? DIRTY : 0) |
      (flags & PTE_ACCESSED ? YOUNG : INVALID) |
      (flags & PTE_SOFT_DIRTY ? SOFT_DIRTY : 0) |
      (flags & PTE_SPECIAL ? SPECIAL : 0) |
      ((flags & storable) === storable ? 0 : PROTECT);
    return (bits | ((frame % 2 ** 20) << 12)) >>> 0;
  },
  high: (flags, frame) => (flags & PTE_PRESENT ? Math.floor(frame / 2 ** 20) >>> 0 : 0),
  describe(low) {
    const names = NAMES.filter(([bit]) => low & bit).map(([, name]) => name);
    return names.length === 0 ? 'none' : names.join(' ');
  },
};
