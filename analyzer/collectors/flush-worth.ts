/**
 * Flushes that removed nothing of worth: at its acknowledgement the CPU held no entry of the range that allowed more than memory. Counted by what
 * they cost, for each reason; the one on the sending CPU counts as the others do.
 */
import { flushAck, FLUSH_REASONS, FLUSH_SCOPES, type FlushReason } from '../../traces/index.js';
import { type CpuTlb, type Fold, seqOf } from '../../replayer/index.js';
import { excessOf } from '../entry-permissions.js';
import type { CollectorDefinition } from '../pass.js';
import { blockOf } from '../watched.js';
import { suspects } from './suspects.js';

/** Flushes that are named. */
const EXAMPLES = 5;
const RANGE = FLUSH_SCOPES.indexOf('range');
const SPACE = FLUSH_SCOPES.indexOf('space');

export interface ExcessFlush {
  readonly seq: number;
  readonly cpu: number;
  readonly page: number;
  readonly pages: number;
  readonly reason: FlushReason;
}

export interface FlushWorth {
  /** Acknowledgements, and those that removed nothing of worth. */
  readonly acks: number;
  readonly excess: number;
  /** What these cost the CPUs that acknowledged them, ns. */
  readonly excessCostNs: number;
  readonly examples: readonly ExcessFlush[];
}

export const flushWorth: CollectorDefinition<FlushWorth> = {
  id: 'flush-worth',
  create(_source, peers) {
    const suspicious = peers.of(suspects);
    const examples: ExcessFlush[] = [];
    let acks = 0;
    let excess = 0;
    let excessCostNs = 0;

    /** Whether the entry in that slot allows more than memory; of a huge one, for any of its pages. */
    const exceeds = (fold: Fold, tlb: CpuTlb, slot: number): boolean => {
      const page = tlb.page[slot]!;
      return suspicious.has(page) && excessOf(fold, page, tlb, slot) >= 0;
    };
    const removesSomething = (fold: Fold, tlb: CpuTlb, space: number, first: number, pages: number, scope: number) => {
      const { page: table, space: spaces } = fold.pages;
      if (scope === RANGE && pages <= tlb.count && !tlb.knowsHuge) {
        for (let i = 0; i < pages; i++) {
          const index = fold.pages.find(space, first + i);
          const slot = index < 0 ? -1 : tlb.slotOf(index);
          if (slot >= 0 && exceeds(fold, tlb, slot)) return true;
        }
        return false;
      }
      for (let slot = 0; slot < tlb.page.length; slot++) {
        const held = tlb.page[slot]!;
        if (held < 0 || (scope <= SPACE && spaces[held] !== space)) continue;
        if (scope === RANGE) {
          const { to } = tlb.knowsHuge ? blockOf(table[held]!) : { to: table[held]! + 1 };
          if (to <= first || table[held]! >= first + pages) continue;
        }
        if (exceeds(fold, tlb, slot)) return true;
      }
      return false;
    };

    return {
      on: {
        'flush-ack'(batch, row, fold) {
          acks++;
          const { slots } = batch;
          const cpu = batch.cpu[row]!;
          const tlb = fold.tlb(cpu);
          const [page, pages] = [batch.page[row]!, slots[flushAck.slot.pages]![row]!];
          if (
            tlb !== undefined &&
            tlb.count > 0 &&
            removesSomething(fold, tlb, batch.space[row]!, page, pages, slots[flushAck.slot.scope]![row]!)
          )
            return;
          excess++;
          excessCostNs += slots[flushAck.slot.cost]![row]!;
          if (examples.length === EXAMPLES) return;
          const reason = FLUSH_REASONS[slots[flushAck.slot.reason]![row]!] ?? 'observed';
          examples.push({ seq: seqOf(batch, row), cpu, page, pages, reason });
        },
      },
      finish: () => ({ acks, excess, excessCostNs, examples }),
    };
  },
};
