/**
 * TLB entries that allow more than memory does, looked for at the moment when somebody relies on there being none. What a dormant CPU holds does
 * not count, and neither does what was made from an entry that a monitor has dropped from its shadow.
 */
import type { Fold } from '../../replayer/index.js';
import { excessOf } from '../entry-permissions.js';
import type { CollectorDefinition } from '../pass.js';
import { type DormantCpus, dormantCpus } from './dormant-cpus.js';
import { type Restrictions, restrictions } from './restrictions.js';
import { suspects, type Suspects } from './suspects.js';

/** A search, and what it found last. */
export class StaleEntries {
  /** The CPU that holds the entry (-1: a device), index of the page whose in-memory entry it exceeds, and what restricted that one last. */
  cpu = 0;
  page = 0;
  restrictedSeq = 0;
  restrictedBy = 0;
  readonly #suspects: Suspects;
  readonly #restrictions: Restrictions;
  readonly #dormant: DormantCpus;

  constructor(suspicious: Suspects, restricted: Restrictions, dormant: DormantCpus) {
    this.#suspects = suspicious;
    this.#restrictions = restricted;
    this.#dormant = dormant;
  }

  /** Whether some TLB entry for the page (an index), or for another page of its frame, allows more than memory. */
  find(fold: Fold, page: number): boolean {
    const { pages, frames, mappings } = fold;
    const frame = pages.frame[page]!;
    if (frame === 0 || frames.mappers[frame] === 1) return this.#at(fold, page);
    for (let on = mappings.firstOf(frame); on >= 0; on = mappings.nextOf(on)) if (this.#at(fold, on)) return true;
    return false;
  }

  /** Entries made from the in-memory entry of that page: its own, and those of a guest's pages that lie on it. */
  #at(fold: Fold, page: number): boolean {
    if (!this.#suspects.has(page)) return false;
    const { pages, frames, mappings, spaces } = fold;
    if (this.#cached(fold, page, page)) return true;
    if (pages.space[page] !== spaces.secondStage || this.#restrictions.byMonitor.get(page) === 1) return false;
    const frame = frames.find(pages.page[page]!, true);
    if (frame < 0) return false;
    for (let on = mappings.firstOf(frame); on >= 0; on = mappings.nextOf(on))
      if (this.#cached(fold, on, page)) return true;
    return false;
  }

  /** @param cached the page that the TLB entry would be for  @param page the one whose entry in memory is compared with it */
  #cached(fold: Fold, cached: number, page: number): boolean {
    for (let cpu = fold.deviceTlb === undefined ? 0 : -1; cpu < fold.tlbs.length; cpu++) {
      const tlb = fold.tlb(cpu);
      const slot = tlb === undefined ? -1 : tlb.translation(fold.pages, cached);
      if (slot < 0 || excessOf(fold, cached, tlb!, slot, fold.pteFlags(page)) < 0) continue;
      const { seq, actor } = this.#restrictions;
      const entry = seq.get(page) > 0 ? page : fold.governing(page);
      if (this.#dormant.isDormant(cpu, fold.pages.space[cached]!, seq.get(entry))) continue;
      this.cpu = cpu;
      this.page = page;
      this.restrictedSeq = seq.get(entry);
      this.restrictedBy = actor.get(entry);
      return true;
    }
    return false;
  }
}

export const staleEntries: CollectorDefinition<null, StaleEntries> = {
  id: 'stale-entries',
  create: (_source, peers) => ({
    finish: () => null,
    live: new StaleEntries(peers.of(suspects), peers.of(restrictions), peers.of(dormantCpus)),
  }),
};
