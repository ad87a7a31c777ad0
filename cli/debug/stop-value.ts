/** What a watchpoint looks at, in words: shown before and after when it is hit. */
import { type Fold, type Stop, tlbSlotText, toldBy } from '../../replayer/index.js';
import { carrierBit, carrierCode } from '../../traces/index.js';
import { PTE_FLAG_WORDS } from './subject.js';

/** Null for a breakpoint, which looks at nothing. */
export function valueOf(fold: Fold, stop: Stop): string | null {
  if (stop.kind === 'event') return null;
  const index = fold.pages.find(stop.space, stop.page);
  switch (stop.kind) {
    case 'pte': {
      const { flags } = stop;
      const entry = index < 0 ? -1 : fold.governing(index);
      if (flags === null)
        return entry < 0
          ? 'none'
          : fold.layoutOf(stop.space).describe(fold.pages.pteLow[entry]!, fold.pages.pteHigh[entry]!);
      const set = index < 0 ? 0 : fold.pteFlags(index);
      return Object.entries(PTE_FLAG_WORDS)
        .filter(([, bit]) => flags & bit)
        .map(([word, bit]) => (set & bit ? word : `not ${word}`))
        .join(', ');
    }
    case 'tlb': {
      const slot = fold.translation(stop.cpu, index);
      return slot < 0 ? 'none' : tlbSlotText(fold, stop.cpu, slot);
    }
    case 'mark': {
      const marks = index < 0 ? 0 : fold.pages.marks[index]!;
      return marks & carrierBit(carrierCode(stop.carrier)) ? 'set' : 'clear';
    }
    case 'stale':
      if (index < 0 || !fold.isStale(index)) return 'not stale';
      return `stale, told by ${toldBy(fold, index)}`;
  }
}
