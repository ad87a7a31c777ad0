import {
  PTE_ACCESSED,
  PTE_DIRTY,
  PTE_HUGE,
  PTE_PRESENT,
  PTE_SPECIAL,
  PTE_UFFD_WP,
  PTE_WRITABLE,
  type PteLayout,
} from './define.js';

// Arm ARM, VMSAv8-64 stage 1 page descriptors; software bits as in arch/arm64/include/asm/pgtable-prot.h.
const VALID = 0b01;
const PAGE = 0b11; // a page; valid alone is a block (2 MiB)
const USER = 1 << 6; // AP[1]
const RDONLY = 1 << 7; // AP[2]
const INNER_SHAREABLE = 0b11 << 8;
const AF = 1 << 10;
const NG = 1 << 11;
// In the high half:
const WRITE = 1 << 19; // bit 51: DBM
const PXN = 1 << 21; // bit 53
const UXN = 1 << 22; // bit 54
const SW_DIRTY = 1 << 23; // bit 55
const SPECIAL = 1 << 24; // bit 56
const UFFD_WP = 1 << 26; // bit 58
/** Output address bits 12..47: 20 of them in the low half, 16 in the high. */
const FRAME_HIGH = 0xffff;

/**
 * Dirty is the absence of read-only on an entry with DBM, or the software bit. Where the kernel sets D by a fault it sets both;
 * hardware only clears RDONLY, and protecting such an entry moves the fact into bit 55.
 */
function arm64Layout(id: string, summary: string, hardwareSetsDirty: boolean): PteLayout {
  return {
    id,
    summary,
    keeps: PTE_PRESENT | PTE_WRITABLE | PTE_DIRTY | PTE_ACCESSED | PTE_UFFD_WP | PTE_SPECIAL | PTE_HUGE,
    flags(low, high) {
      if ((low & VALID) === 0) return 0;
      const writable = (high & WRITE) !== 0;
      const dirty = (high & SW_DIRTY) !== 0 || (writable && (low & RDONLY) === 0);
      return (
        PTE_PRESENT |
        (writable ? PTE_WRITABLE : 0) |
        (dirty ? PTE_DIRTY : 0) |
        (low & AF ? PTE_ACCESSED : 0) |
        (high & UFFD_WP ? PTE_UFFD_WP : 0) |
        (high & SPECIAL ? PTE_SPECIAL : 0) |
        ((low & PAGE) === PAGE ? 0 : PTE_HUGE)
      );
    },
    frame(low, high) {
      return (high & FRAME_HIGH) * 2 ** 20 + (low >>> 12);
    },
    low(flags, frame) {
      if ((flags & PTE_PRESENT) === 0) return 0;
      const writableAndDirty = (flags & (PTE_WRITABLE | PTE_DIRTY)) === (PTE_WRITABLE | PTE_DIRTY);
      const bits =
        (flags & PTE_HUGE ? VALID : PAGE) |
        USER |
        INNER_SHAREABLE |
        NG |
        (writableAndDirty ? 0 : RDONLY) |
        (flags & PTE_ACCESSED ? AF : 0);
      return (bits | ((frame % 2 ** 20) << 12)) >>> 0;
    },
    high(flags, frame) {
      if ((flags & PTE_PRESENT) === 0) return 0;
      const writable = (flags & PTE_WRITABLE) !== 0;
      const inSoftware = (flags & PTE_DIRTY) !== 0 && (!writable || !hardwareSetsDirty);
      const bits =
        PXN |
        UXN |
        (flags & PTE_SPECIAL ? SPECIAL : 0) |
        (writable ? WRITE : 0) |
        (inSoftware ? SW_DIRTY : 0) |
        (flags & PTE_UFFD_WP ? UFFD_WP : 0);
      return (bits | (Math.floor(frame / 2 ** 20) & FRAME_HIGH)) >>> 0;
    },
    describe(low, high) {
      if ((low & VALID) === 0) return 'none';
      const names = ['valid'];
      if ((low & PAGE) !== PAGE) names.push('block');
      if (low & USER) names.push('USER');
      if (low & RDONLY) names.push('RDONLY');
      if (low & AF) names.push('AF');
      if (high & WRITE) names.push('DBM');
      if (high & SW_DIRTY) names.push('sw-dirty');
      if (high & SPECIAL) names.push('special');
      if (high & UFFD_WP) names.push('uffd-wp');
      return names.join(' ');
    },
  };
}

export const arm64 = arm64Layout(
  'arm64',
  'bit 0..1 page, 6 AP[1] user, 7 AP[2] read-only, 10 AF, 12..47 frame, 51 DBM (writable), 55 software dirty, 56 special, 58 uffd-wp',
  false,
);

export const arm64Dbm = arm64Layout(
  'arm64-dbm',
  'as arm64; hardware says dirty by clearing AP[2] where DBM is set',
  true,
);
