import { describe, expect, it } from 'vitest';
import { Random } from '../../base/index.js';
import { PTE_ACCESSED, PTE_DIRTY, PTE_HUGE, PTE_LAYOUTS, PTE_PRESENT, PTE_SPECIAL, PTE_WRITABLE } from './index.js';

describe.each(PTE_LAYOUTS.map((layout) => ({ id: layout.id, layout })))('$id', ({ layout }) => {
  it('gives back the logical flags and the frame of every entry it makes', () => {
    const random = new Random(1);
    for (let flags = PTE_PRESENT; flags < 256; flags += 2) {
      if (flags & ~layout.keeps) continue;
      for (let i = 0; i < 50; i++) {
        const frame = random.uint32() * 4 + random.below(4);
        const low = layout.low(flags, frame);
        const high = layout.high(flags, frame);
        expect(low).toBe(low >>> 0);
        expect(high).toBe(high >>> 0);
        expect(layout.flags(low, high)).toBe(flags);
        expect(layout.frame(low, high)).toBe(frame);
      }
    }
  });

  it('makes an empty entry of anything that is not present, and reads it as nothing', () => {
    expect([layout.low(PTE_WRITABLE | PTE_DIRTY, 5), layout.high(PTE_WRITABLE | PTE_DIRTY, 5)]).toEqual([0, 0]);
    expect(layout.flags(0, 0)).toBe(0);
    expect(layout.describe(0, 0)).toBe('none');
  });

  it('describes different entries differently', () => {
    const all = Array.from({ length: 128 }, (_, i) => PTE_PRESENT | (i << 1)).filter(
      (flags) => (flags & ~layout.keeps) === 0,
    );
    const words = all.map((flags) => layout.describe(layout.low(flags, 9), layout.high(flags, 9)));
    expect(new Set(words).size).toBe(all.length);
  });
});

const RAW = [
  {
    layout: 'x86-64',
    flags: PTE_PRESENT | PTE_SPECIAL | PTE_WRITABLE | PTE_DIRTY | PTE_ACCESSED,
    frame: 0x8000000,
    raw: '8000008000000267',
  },
  { layout: 'arm64', flags: PTE_PRESENT | PTE_SPECIAL | PTE_WRITABLE, frame: 0x40080, raw: '0168000040080bc3' },
  {
    layout: 'arm64',
    flags: PTE_PRESENT | PTE_SPECIAL | PTE_WRITABLE | PTE_DIRTY | PTE_ACCESSED,
    frame: 0x40080,
    raw: '01e8000040080f43',
  },
  {
    layout: 'arm64-dbm',
    flags: PTE_PRESENT | PTE_SPECIAL | PTE_WRITABLE | PTE_DIRTY | PTE_ACCESSED,
    frame: 0x40080,
    raw: '0168000040080f43',
  },
  {
    layout: 'arm64-dbm',
    flags: PTE_PRESENT | PTE_SPECIAL | PTE_DIRTY | PTE_ACCESSED,
    frame: 0x40080,
    raw: '01e0000040080fc3',
  },
  {
    layout: 'riscv64',
    flags: PTE_PRESENT | PTE_SPECIAL | PTE_WRITABLE | PTE_DIRTY | PTE_ACCESSED,
    frame: 0x80200,
    raw: '00000000200801d7',
  },
  {
    layout: 'x86-64',
    flags: PTE_PRESENT | PTE_WRITABLE | PTE_DIRTY | PTE_ACCESSED | PTE_HUGE,
    frame: 0x100200,
    raw: '80000001002000e7',
  },
  {
    layout: 'ept',
    flags: PTE_PRESENT | PTE_WRITABLE | PTE_DIRTY | PTE_ACCESSED,
    frame: 0x100000,
    raw: '0600000100000307',
  },
  { layout: 'ept', flags: PTE_PRESENT | PTE_ACCESSED, frame: 0x100000, raw: '0600000100000105' },
  { layout: 'arm64-s2', flags: PTE_PRESENT | PTE_WRITABLE | PTE_DIRTY, frame: 0x40080, raw: '00800000400803ff' },
  {
    layout: 's390x',
    flags: PTE_PRESENT | PTE_WRITABLE | PTE_ACCESSED,
    frame: 0x40080,
    raw: '0000000040080235',
  },
  {
    layout: 's390x',
    flags: PTE_PRESENT | PTE_WRITABLE | PTE_DIRTY | PTE_ACCESSED | PTE_SPECIAL,
    frame: 0x40080,
    raw: '000000004008007d',
  },
];

it.each(RAW)('$layout: frame $frame with flags $flags is 0x$raw', ({ layout, flags, frame, raw }) => {
  const { low, high } = PTE_LAYOUTS.find(({ id }) => id === layout)!;
  const hex = (half: number) => half.toString(16).padStart(8, '0');
  expect(hex(high(flags, frame)) + hex(low(flags, frame))).toBe(raw);
});
