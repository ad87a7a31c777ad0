/**
 * A chain of a recording, proved: the recorded accesses are played again, once for each question, in memory: without the defect that was switched in, without
 * the access, without the harvest. Whether the finding is still there is asked of the machine's own end, or of the detector.
 */
import type { Chain, Finding, Link, TrailEvent, TrailEvents } from '../../analyzer/index.js';
import { hold, openHeld, openSource, replaySettings } from '../../recorder/index.js';
import { MUTATIONS } from '../../simulator/index.js';
import type { TrailMeta } from '../../traces/index.js';
import type { LostWrite } from './lost-again.js';
import type { Guilty, LinkProof, Proof } from './proof.js';
import { Replays } from './replays.js';

export interface RecordedOptions {
  readonly signal?: AbortSignal;
  onPlayed?(done: number, of: number): void;
}

export interface RecordedTrail {
  readonly path: string;
  readonly meta: TrailMeta;
}

/** Accesses that are held and played again. Chosen: 600 MB of them would be too much, this is 310. */
const ACCESSES_MAX = 10_000_000;
/** Findings about writes that the consumer lacks at the end. */
const LOSSES: readonly string[] = ['lost-write', 'invisible-write'];

/** @returns null where the accesses are too many to be played again */
export async function proveRecorded(
  { path, meta }: RecordedTrail,
  chain: Chain,
  events: TrailEvents,
  options: RecordedOptions = {},
): Promise<Proof | null> {
  const { finding } = chain;
  if (finding === null || meta.mode !== 'simulated') return null;
  const request = replaySettings(meta, {});
  const source = await openSource({ trail: path, reads: meta.source.reads }, { seed: meta.seed, cpus: undefined });
  const held = await hold(source, ACCESSES_MAX, options.signal);
  source.close();
  if (held === null) return null;
  const write = finding.seq === null ? null : events.at(finding.seq);
  // A frame that was given up is nobody's at the end: the detector knows of it.
  const isGivenUp = finding.evidence.some(({ seq }) => events.at(seq)?.kind === 'unmap');
  const lost = LOSSES.includes(finding.id) && write?.kind === 'write' && !isGivenUp ? accessOf(write) : null;
  const spaces = meta.spaces.length;
  const replays = new Replays(() => openHeld(held), request, meta.mutations, finding, lost, spaces, options.signal);
  const prover = new RecordedProver(replays, meta, events, finding);
  const links: LinkProof[] = [];
  for (const [at, link] of chain.links.entries()) {
    options.onPlayed?.(at, chain.links.length);
    links.push(await prover.prove(link));
  }
  const guilty = await prover.guilty(chain);
  const same = await replays.asItWas();
  return {
    method: 'replay',
    chain,
    links,
    guilty,
    others: [],
    notes: same.isFound
      ? []
      : ['played again as it was recorded, the finding is not there: what is said of the links proves nothing'],
  };
}

class RecordedProver {
  readonly #replays: Replays;
  readonly #meta: TrailMeta;
  readonly #events: TrailEvents;
  readonly #finding: Finding;

  constructor(replays: Replays, meta: TrailMeta, events: TrailEvents, finding: Finding) {
    this.#replays = replays;
    this.#meta = meta;
    this.#events = events;
    this.#finding = finding;
  }

  async prove(link: Link): Promise<LinkProof> {
    if (link.isCause || link.kind === 'missing') {
      const restored = await this.#restored(link);
      if (restored !== null) return restored;
    }
    const event = link.seq === null ? null : this.#events.at(link.seq);
    if (event === null) return notTried('no defect was switched in that would leave it out');
    const access = this.#accessOf(event);
    if (access !== null) return this.#withoutAccess(access, event);
    const harvest = this.#harvestOf(event);
    if (harvest !== null) return this.#withoutHarvest(harvest);
    return notTried('it is part of nothing that can be left out');
  }

  /** The step that is at fault, if a defect was switched in that explains it. */
  async guilty({ links }: Chain): Promise<Guilty | null> {
    const cause = links.find(({ isCause }) => isCause) ?? links.find(({ kind }) => kind === 'missing');
    if (cause === undefined) return null;
    for (const id of this.#meta.mutations) {
      if ((await this.#replays.without(id)).isFound) continue;
      const { how, summary } = MUTATIONS[id as keyof typeof MUTATIONS];
      return {
        actor: cause.actor,
        step: cause.step,
        how: how === 'drop' ? 'missing' : how === 'reorder' ? 'early' : 'wrong',
        says: summary,
        isConvicted: true,
        by: `${id} taken out`,
        left: null,
      };
    }
    return {
      actor: cause.actor,
      step: cause.step,
      how: 'wrong',
      says: cause.what,
      isConvicted: false,
      by: null,
      left: null,
    };
  }

  /** With the step as it should be: the defect that dropped or moved it is taken out. */
  async #restored(link: Link): Promise<LinkProof | null> {
    const { mutations } = this.#meta;
    if (mutations.length === 0) return null;
    for (const id of mutations) {
      if ((await this.#replays.without(id)).isFound) continue;
      return this.#judged(false, `with ${id} taken out`);
    }
    const all = mutations.join(', ');
    return link.kind === 'missing'
      ? { verdict: 'not necessary', text: `with ${all} taken out, each alone, ${this.#finding.id} is still there` }
      : null;
  }

  async #withoutAccess(access: LostWrite, { kind, seq }: TrailEvent): Promise<LinkProof> {
    if (this.#meta.interleave === 'fine') return notTried('without an access the schedule would be another one');
    const what = kind === 'write' ? 'without this write' : 'without the access that needed it';
    const { isFound, isPageLost } = await this.#replays.lacking({ access }, this.#meta.harvestEvery);
    if (seq !== this.#finding.seq) return this.#judged(isFound, what);
    // Without the write it cannot be lost; whether another is in its place tells what there is to it.
    return isPageLost
      ? { verdict: 'not necessary', text: `${what} the next one to the page is lost in its place` }
      : { verdict: 'necessary', text: `${what} nothing of the page is lost` };
  }

  #judged(isFound: boolean, what: string): LinkProof {
    const { id } = this.#finding;
    const isLoss = LOSSES.includes(id);
    const gone = isLoss ? 'the write is not lost' : `${id} is gone`;
    const there = isLoss ? 'the write is lost all the same' : `${id} is still there`;
    return isFound
      ? { verdict: 'not necessary', text: `${what} ${there}` }
      : { verdict: 'necessary', text: `${what} ${gone}` };
  }

  async #withoutHarvest(harvest: number): Promise<LinkProof> {
    if (this.#meta.interleave === 'fine') return notTried('without a harvest the schedule would be another one');
    const { isFound } = await this.#replays.lacking({ harvest }, this.#meta.harvestEvery);
    return this.#judged(isFound, `without harvest ${harvest}`);
  }

  /** The access that a write is part of, or that hardware worked for; null for what is not hardware's. */
  #accessOf(event: TrailEvent): LostWrite | null {
    const isHardware = event.kind === 'tlb-fill' || event.kind === 'tlb-update' || this.#isWalker(event);
    const access =
      event.kind === 'write' || event.kind === 'read'
        ? event
        : isHardware
          ? this.#events.firstAfter(
              event.seq + 1,
              ['write'],
              ({ cpu, page }) => cpu === event.cpu && page === event.page,
            )
          : null;
    return access && accessOf(access);
  }

  #isWalker({ kind, step }: TrailEvent): boolean {
    return kind === 'pte' && this.#events.stepName(step).startsWith('hardware ');
  }

  /** The harvest that an event is part of, unless it is the last, which ends the run. */
  #harvestOf(event: TrailEvent): number | null {
    const begin = this.#events.lastBefore(event.seq, ['harvest-begin', 'harvest-end'], () => true);
    if (begin?.kind !== 'harvest-begin' || this.#meta.harvestEvery === 0) return null;
    const number = begin.fields['harvest']!;
    const next = this.#events.firstAfter(event.seq, ['harvest-begin'], () => true);
    return next === null ? null : number;
  }
}

function accessOf({ cpu, space, page, fields }: TrailEvent): LostWrite {
  return { cpu, space, page, programNs: fields['program']! };
}

function notTried(text: string): LinkProof {
  return { verdict: 'not tried', text };
}
