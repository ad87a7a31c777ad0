import { bitLayout } from './by-bits.js';

/** Intel SDM vol. 3A, "Format of a page-table entry that maps a 4-KByte page"; software bits as Linux uses them. */
export const x8664 = bitLayout({
  id: 'x86-64',
  summary: 'bit 0 P, 1 RW, 2 US, 5 A, 6 D, 7 PSE (2 MiB), 9 special, 10 uffd-wp, 11 soft-dirty, 12..51 frame, 63 NX',
  bits: { present: 0, writable: 1, accessed: 5, dirty: 6, huge: 7, special: 9, uffdWp: 10, softDirty: 11 },
  always: [2, 63],
  frame: { shift: 12, bits: 40 },
  names: [
    [0, 'P'],
    [1, 'RW'],
    [2, 'US'],
    [3, 'PWT'],
    [4, 'PCD'],
    [5, 'A'],
    [6, 'D'],
    [7, 'PSE'],
    [8, 'G'],
    [9, 'special'], // _PAGE_SOFTW1: no struct page behind it
    [10, 'uffd-wp'], // _PAGE_SOFTW2
    [11, 'soft-dirty'], // _PAGE_SOFTW3
    [63, 'NX'],
  ],
});
