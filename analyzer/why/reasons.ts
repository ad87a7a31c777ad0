/** Why a page was lost, as the rest of a sentence. */
import type { LossCause } from '../explanation.js';

export const BECAUSE: Readonly<Record<LossCause, string>> = {
  'missing-flush': 'a CPU wrote through a TLB entry that should have been flushed when memory changed',
  'flush-before-change': 'the flush came before the entry changed, and a CPU wrote through what it cached in between',
  'transfer-before-flush': 'the bytes were read before the flush, and a CPU wrote on through what it had cached',
  'transfer-before-clear': 'the bytes were read before the mark was cleared, and the write came in between',
  'overwritten-dirty': 'D was set in the entry and overwritten by a store that knew nothing of it',
  'dropped-mark': 'its mark was cleared, and the bytes were not read after that',
  'not-armed': 'its mark was cleared and its entry went on permitting writes, so the next one left no mark',
  'caches-not-flushed': 'the bytes were read from memory while the write was in CPU caches',
  'unmapped-uncollected': 'its entry was taken out with the last mark in it, and nobody took note',
  'dropped-by-move': 'its contents moved to another frame, and its mark did not',
  'dropped-by-split': 'the huge entry over it was split, and the small ones are clean',
  'missing-notifier': 'a device wrote through a translation that it should have been told to drop',
  'dirty-never-set': 'the CPU may write it without D ever being set in memory',
  'huge-marked-in-part': 'a huge entry let it be written, and another of its pages was marked',
  'never-marked': 'nothing ever set a mark for it that the consumer reads',
};
