/**
 * Entries of dirty rings, and what became of each. A ring is read in order: the consumer sees an entry published, reads the page in it, notes the page (a
 * report, or another carrier), and gives the entry back. What a trail has of that is the mark of the carrier `ring` and what the same actor does next.
 */
import { carrierBit, carrierCode, mark, report, type EventBatch } from '../../traces/index.js';
import { type Fold, seqOf } from '../../replayer/index.js';
import { NumberColumn } from '../columns.js';
import type { CollectorDefinition, EventHandler } from '../pass.js';

/** Entries that are named, of either sort. */
const EXAMPLES = 20;
const RING = carrierCode('ring');
const RING_BIT = carrierBit(RING);

export interface RingEntry {
  readonly space: number;
  readonly page: number;
  readonly index: number;
  readonly cpu: number;
  readonly pushSeq: number;
  /** The entry was given back. */
  readonly takenSeq: number;
  /** The page that was noted in place of it; -1 where none was. */
  readonly instead: number;
  readonly insteadSeq: number;
}

export interface RingEntries {
  readonly entries: number;
  /** Given back unread, and read as another page. */
  readonly unread: { entries: number; readonly examples: RingEntry[] };
  readonly misread: { entries: number; readonly examples: RingEntry[] };
}

export const ringEntries: CollectorDefinition<RingEntries> = {
  id: 'ring-entries',
  create({ meta }) {
    const facts: RingEntries & { entries: number } = {
      entries: 0,
      unread: { entries: 0, examples: [] },
      misread: { entries: 0, examples: [] },
    };
    const usesRing = [meta.carriers, ...meta.spaces.map(({ carriers }) => carriers ?? [])].flat().includes('ring');
    if (!usesRing) return { finish: () => facts };
    /** By page: its entry was pushed; the page was reported last. */
    const pushSeq = new NumberColumn();
    const reportSeq = new NumberColumn();
    /** By actor: the entry that it gave back and has not noted yet. */
    const taken: Array<RingEntry | undefined> = [];

    const keep = (list: RingEntries['unread'], entry: RingEntry) => {
      list.entries++;
      if (list.examples.length < EXAMPLES) list.examples.push(entry);
    };
    const settle: EventHandler = (batch, row) => {
      const entry = taken[batch.actor[row]!];
      if (entry === undefined) return;
      taken[batch.actor[row]!] = undefined;
      keep(facts.unread, entry);
    };
    const gaveBack = (batch: EventBatch, row: number, fold: Fold, page: number) => {
      facts.entries++;
      // It was told already, or another carrier has it.
      if (reportSeq.get(page) > pushSeq.get(page) || fold.carriersOf(page) & ~RING_BIT) return;
      const seq = seqOf(batch, row);
      const entry: RingEntry = {
        space: batch.space[row]!,
        page: fold.pages.page[page]!,
        index: page,
        cpu: batch.cpu[row]!,
        pushSeq: pushSeq.get(page),
        takenSeq: seq,
        instead: -1,
        insteadSeq: 0,
      };
      const actor = batch.actor[row]!;
      if (taken[actor] !== undefined) keep(facts.unread, taken[actor]);
      taken[actor] = entry;
    };

    return {
      on: {
        mark(batch, row, fold) {
          const { slots } = batch;
          const isRing = slots[mark.slot.carrier]![row] === RING;
          const [first, pages] = [batch.page[row]!, slots[mark.slot.pages]![row]!];
          if (slots[mark.slot.value]![row] === 0) {
            if (!isRing) return settle(batch, row, fold, -1);
            fold.pages.forRange(batch.space[row]!, first, pages, (page) => {
              if (fold.pages.marks[page]! & RING_BIT) gaveBack(batch, row, fold, page);
            });
            return;
          }
          if (isRing) {
            const index = fold.pages.find(batch.space[row]!, first);
            if (index >= 0) pushSeq.set(index, seqOf(batch, row));
            return;
          }
          const actor = batch.actor[row]!;
          const entry = taken[actor];
          if (entry === undefined) return;
          taken[actor] = undefined;
          if (entry.page >= first && entry.page < first + pages) return;
          keep(facts.misread, { ...entry, instead: first, insteadSeq: seqOf(batch, row) });
        },
        report(batch, row, fold) {
          const seq = seqOf(batch, row);
          const actor = batch.actor[row]!;
          const pages = batch.slots[report.slot.pages]![row]!;
          fold.pages.forRange(batch.space[row]!, batch.page[row]!, pages, (page) => {
            reportSeq.set(page, seq);
            if (taken[actor]?.index === page) taken[actor] = undefined;
          });
          settle(batch, row, fold, -1);
        },
        pte: settle,
        'harvest-end': settle,
        'flush-send': settle,
      },
      finish(end) {
        if (!end.harvesting) for (const entry of taken) if (entry !== undefined) keep(facts.unread, entry);
        return facts;
      },
    };
  },
};
