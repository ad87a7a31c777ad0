import { bitLayout } from './by-bits.js';

/** RISC-V privileged specification, Sv39/Sv48 leaf entries; bits 59 and 60 as Linux uses them with Svrsw60t59b. */
export const riscv64 = bitLayout({
  id: 'riscv64',
  summary: 'bit 0 V, 1 R, 2 W, 4 U, 6 A, 7 D, 8 special, 10..53 frame, 59 soft-dirty, 60 uffd-wp',
  bits: { present: 0, writable: 2, accessed: 6, dirty: 7, special: 8, softDirty: 59, uffdWp: 60 },
  always: [1, 4],
  frame: { shift: 10, bits: 44 },
  names: [
    [0, 'V'],
    [1, 'R'],
    [2, 'W'],
    [3, 'X'],
    [4, 'U'],
    [5, 'G'],
    [6, 'A'],
    [7, 'D'],
    [8, 'special'], // RSW
    [59, 'soft-dirty'],
    [60, 'uffd-wp'],
  ],
});
