/**
 * Layouts in which each logical flag is one bit of the entry, set or clear. An entry is 64 bits; a bit from 32 on is in the high half. What
 * does not fit this picture (arm64's read-only bit, s390's protection) has a file of its own that says so.
 */
import {
  PTE_ACCESSED,
  PTE_DIRTY,
  PTE_HUGE,
  PTE_PRESENT,
  PTE_SOFT_DIRTY,
  PTE_SPECIAL,
  PTE_UFFD_WP,
  PTE_WRITABLE,
  type PteLayout,
} from './define.js';

const FLAGS = {
  present: PTE_PRESENT,
  writable: PTE_WRITABLE,
  dirty: PTE_DIRTY,
  accessed: PTE_ACCESSED,
  softDirty: PTE_SOFT_DIRTY,
  uffdWp: PTE_UFFD_WP,
  special: PTE_SPECIAL,
  huge: PTE_HUGE,
} as const;
type FlagName = keyof typeof FLAGS;

export interface BitLayout {
  readonly id: string;
  readonly summary: string;
  /** Bit of each logical flag that the layout keeps. */
  readonly bits: Readonly<Partial<Record<FlagName, number>>>;
  /** Bits set in every present entry. */
  readonly always: readonly number[];
  /** First bit of the frame number, and how many it has. */
  readonly frame: { readonly shift: number; readonly bits: number };
  /** Words for bits, in the order in which people read them. */
  readonly names: ReadonlyArray<readonly [bit: number, name: string]>;
  /** Words that replace a name where the entry is huge. */
  readonly hugeNames?: Readonly<Record<string, string>>;
}

export function bitLayout({ id, summary, bits, always, frame, names, hugeNames = {} }: BitLayout): PteLayout {
  const flags = Object.entries(bits).map(([name, bit]) => ({ flag: FLAGS[name as FlagName], bit }));
  const lowFlags = flags.filter(({ bit }) => bit < 32);
  const highFlags = flags.filter(({ bit }) => bit >= 32).map(({ flag, bit }) => ({ flag, bit: bit - 32 }));
  // Asked for each change of an entry, twice: all flags in the low half at once.
  const lowTable = tableOf(lowFlags);
  const lowMask = lowTable.length - 1;
  const lowAlways = maskOf(always.filter((bit) => bit < 32));
  const highAlways = maskOf(always.filter((bit) => bit >= 32).map((bit) => bit - 32));
  const present = 1 << bits.present!;
  const lowFrames = 2 ** (32 - frame.shift);
  const highMask = 2 ** (frame.bits + frame.shift - 32) - 1;
  return {
    id,
    summary,
    keeps: flags.reduce((mask, { flag }) => mask | flag, 0),
    flags(low, high) {
      if ((low & present) === 0) return 0;
      let found = lowTable[low & lowMask]!;
      for (const { flag, bit } of highFlags) if (high & (1 << bit)) found |= flag;
      return found;
    },
    frame: (low, high) => ((high & highMask) >>> 0) * lowFrames + (low >>> frame.shift),
    low(logical, number) {
      if ((logical & PTE_PRESENT) === 0) return 0;
      return (rawOf(logical, lowFlags) | lowAlways | ((number % lowFrames) << frame.shift)) >>> 0;
    },
    high(logical, number) {
      if ((logical & PTE_PRESENT) === 0) return 0;
      return (rawOf(logical, highFlags) | highAlways | (Math.floor(number / lowFrames) & highMask)) >>> 0;
    },
    describe(low, high) {
      const huge = bits.huge !== undefined && (low & (1 << bits.huge)) !== 0;
      const words = names
        .filter(([bit]) => (bit < 32 ? low & (1 << bit) : high & (1 << (bit - 32))))
        .map(([, name]) => (huge ? (hugeNames[name] ?? name) : name));
      return words.length === 0 ? 'none' : words.join(' ');
    },
  };
}

/** Logical flags by the bits of an entry up to the highest that is a flag. */
function tableOf(flags: ReadonlyArray<{ readonly flag: number; readonly bit: number }>): Uint16Array {
  const width = 1 + Math.max(...flags.map(({ bit }) => bit));
  return Uint16Array.from({ length: 2 ** width }, (_, raw) =>
    flags.reduce((found, { flag, bit }) => (raw & (1 << bit) ? found | flag : found), 0),
  );
}

function maskOf(bits: readonly number[]): number {
  return bits.reduce((mask, bit) => mask | (1 << bit), 0);
}

function rawOf(logical: number, flags: ReadonlyArray<{ readonly flag: number; readonly bit: number }>): number {
  let raw = 0;
  for (const { flag, bit } of flags) if (logical & flag) raw |= 1 << bit;
  return raw;
}
