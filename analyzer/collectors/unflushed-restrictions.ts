/**
 * Restrictions that no flush followed: an in-memory entry lost W, D or its presence while some CPU cached it with more, and that very
 * TLB entry is still there when the harvest ends. An entry that chance evicted before does not count, and neither does one that was
 * filled after the restriction; nor does what a dormant CPU holds.
 */
import { harvestEnd } from '../../traces/index.js';
import { forCached, outlives } from '../entry-permissions.js';
import type { CollectorDefinition } from '../pass.js';
import { CAUSE, entryChanges } from './entry-changes.js';
import { dormantCpus } from './dormant-cpus.js';
import { FillTimes } from './fill-times.js';
import { seqOf, type Fold } from '../../replayer/index.js';

/** Restrictions that are pending before those already answered are looked for. Chosen: seldom reached, and 6 MB. */
const SIFT_FROM = 65_536;

/** Harvests that are kept one by one; the rest is counted. */
const EXAMPLES = 20;

export interface UnflushedHarvest {
  /** Ordinal of the harvest; null for the end of the trail. */
  readonly harvest: number | null;
  /** The event up to which a flush could have come. */
  readonly seq: number;
  /** Pages restricted with a TLB entry left behind, and such TLB entries. */
  readonly pages: number;
  readonly entries: number;
  /** The first of them. */
  readonly first: {
    readonly seq: number;
    readonly cpu: number;
    readonly space: number;
    readonly page: number;
    readonly fillSeq: number;
  };
  /** The last flush-ack of the harvest that came before the first of them; 0 where none did. */
  readonly ackSeqBefore: number;
}

export interface UnflushedRestrictions {
  readonly harvests: number;
  readonly pages: number;
  readonly examples: readonly UnflushedHarvest[];
}

interface Pending {
  readonly seq: number;
  readonly cpu: number;
  readonly slot: number;
  /** Index of the page whose entry was restricted, and of the page that the TLB entry stands at: a guest's, where the second stage was. */
  readonly page: number;
  readonly cached: number;
  readonly restricted: number;
  /** Who restricted it. */
  readonly actor: number;
  /** The last flush-ack of the harvest before it; 0 where none did. */
  readonly ackSeqBefore: number;
}

export const unflushedRestrictions: CollectorDefinition<UnflushedRestrictions> = {
  id: 'unflushed-restrictions',
  create(source, peers) {
    const change = peers.of(entryChanges);
    const dormant = peers.of(dormantCpus);
    const fills = new FillTimes();
    const examples: UnflushedHarvest[] = [];
    let pending: Pending[] = [];
    let late = new Set<Pending>();
    let siftAt = SIFT_FROM;
    let ackSeq = 0;
    let harvests = 0;
    let pages = 0;

    const isLeft = (fold: Fold, { seq, cpu, slot, cached }: Pending) =>
      fold.tlb(cpu)!.page[slot] === cached && fills.seqOf(cpu, slot) < seq;
    // A trail may restrict for ever without a harvest. What is kept then is at most a few per TLB entry: one that has gone does
    // not come back, and one restriction of an entry says as much as the same again.
    const sift = (fold: Fold) => {
      const known = new Set<string>();
      pending = pending.filter((one) => {
        const key = `${one.cpu} ${one.slot} ${one.restricted}`;
        return isLeft(fold, one) && !known.has(key) && known.add(key);
      });
      siftAt = Math.max(SIFT_FROM, 2 * pending.length);
    };

    const settle = (fold: Fold, seq: number, harvest: number | null) => {
      const isDormant = ({ cpu, cached, seq: restrictedSeq }: Pending) =>
        dormant.isDormant(cpu, fold.pages.space[cached]!, restrictedSeq);
      const left = pending.filter(
        (one) => isLeft(fold, one) && outlives(fold.tlb(one.cpu)!.flags[one.slot]!, one.restricted) && !isDormant(one),
      );
      const distinct = new Set(left.map(({ page }) => page)).size;
      const first = left[0];
      if (first !== undefined) {
        harvests++;
        pages += distinct;
        if (examples.length < EXAMPLES) {
          const { cpu, slot, page } = first;
          examples.push({
            harvest,
            seq,
            pages: distinct,
            entries: new Set(left.map((one) => one.cpu * 2 ** 32 + one.cached)).size,
            first: {
              seq: first.seq,
              cpu,
              space: fold.pages.space[page]!,
              page: fold.pages.page[page]!,
              fillSeq: fills.seqOf(cpu, slot),
            },
            ackSeqBefore: first.ackSeqBefore,
          });
        }
      }
      ackSeq = 0;
    };

    return {
      on: {
        'tlb-fill': (batch, row) => fills.note(batch, row),
        pte(batch, row, fold, page) {
          // What a monitor drops from its shadow is no restriction: the guest's entry, which it stands for, decides.
          const { restricted } = change;
          if (page < 0 || restricted === 0 || change.cause === CAUSE.monitor) return;
          forCached(fold, page, (tlb, cpu, slot) => {
            if (!outlives(tlb.flags[slot]!, restricted)) return;
            const cached = tlb.page[slot]!;
            pending.push({
              seq: seqOf(batch, row),
              cpu,
              slot,
              page,
              cached,
              restricted,
              actor: batch.actor[row]!,
              ackSeqBefore: ackSeq,
            });
          });
          if (pending.length >= siftAt) sift(fold);
        },
        'flush-ack'(batch, row) {
          ackSeq = seqOf(batch, row);
        },
        'harvest-begin'() {
          ackSeq = 0;
        },
        'harvest-end'(batch, row, fold) {
          // Whoever else is about to unmap something may still owe its flush; that is asked at the end of the next harvest.
          const actor = batch.actor[row]!;
          const others = pending.filter((one) => one.actor !== actor && !late.has(one) && isLeft(fold, one));
          const deferred = new Set(others);
          pending = pending.filter((one) => !deferred.has(one));
          settle(fold, seqOf(batch, row), batch.slots[harvestEnd.slot.harvest]![row]!);
          pending = others;
          late = deferred;
        },
      },
      finish(end) {
        // A trail that breaks off may owe a flush that would have come.
        if (source.ending?.complete === true && !end.harvesting) settle(end, end.seq, null);
        return { harvests, pages, examples };
      },
    };
  },
};
