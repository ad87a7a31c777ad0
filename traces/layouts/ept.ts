import { bitLayout } from './by-bits.js';

/**
 * Intel SDM vol. 3C, "Format of an EPT page-table entry that maps a 4-KByte page"; A and D with that feature on. KVM's software bits 57 and
 * 58 say that host and MMU would allow writing, whatever W is armed to be (arch/x86/kvm/mmu/spte.h).
 */
export const ept = bitLayout({
  id: 'ept',
  summary: 'bit 0 R, 1 W, 2 X, 7 large, 8 A, 9 D, 12..51 frame, 57 host-writable, 58 MMU-writable',
  bits: { present: 0, writable: 1, huge: 7, accessed: 8, dirty: 9 },
  always: [2, 57, 58],
  frame: { shift: 12, bits: 40 },
  names: [
    [0, 'R'],
    [1, 'W'],
    [2, 'X'],
    [7, 'large'],
    [8, 'A'],
    [9, 'D'],
    [57, 'host-writable'],
    [58, 'MMU-writable'],
  ],
});
