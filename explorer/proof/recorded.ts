/**
 * A chain of a recording, proved: the recorded accesses are played again, once for each question, in memory: without the defect that was switched in, without
 * the access, without the harvest. Whether the finding is still there is asked of the machine's own end, or of the detector.
 */
import {
  check,
  type Chain,
  DETECTORS,
  type Finding,
  type Link,
  type TrailEvent,
  type TrailEvents,
} from '../../analyzer/index.js';
import { type AccessSource, hold, openHeld, openSource, play, replaySettings } from '../../recorder/index.js';
import { BatchSource, copyRows, Fold } from '../../replayer/index.js';
import { configure, MUTATIONS, type SimulationRequest } from '../../simulator/index.js';
import { EventBatch, type TrailMeta } from '../../traces/index.js';
import type { Guilty, LinkProof, Proof } from './proof.js';
import { lacking, type WantedAccess } from './without-access.js';

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
/** Events that are kept where a detector has to see them. */
const EVENTS_MAX = 4_000_000;

interface Played {
  readonly isFound: boolean;
}

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
  const replays = new Replays(() => openHeld(held), request, meta.mutations, finding, options);
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

/** Runs of the recorded accesses; each is made once. */
class Replays {
  readonly #open: () => AccessSource;
  readonly #request: SimulationRequest;
  readonly #mutations: readonly string[];
  readonly #finding: Finding;
  readonly #options: RecordedOptions;
  readonly #known = new Map<string, Promise<Played>>();

  constructor(
    open: () => AccessSource,
    request: SimulationRequest,
    mutations: readonly string[],
    finding: Finding,
    options: RecordedOptions,
  ) {
    this.#open = open;
    this.#request = request;
    this.#mutations = mutations;
    this.#finding = finding;
    this.#options = options;
  }

  asItWas(): Promise<Played> {
    return this.#once('as it was', () => this.#play(this.#open(), this.#mutations, {}));
  }

  without(mutation: string): Promise<Played> {
    return this.#once(mutation, () =>
      this.#play(
        this.#open(),
        this.#mutations.filter((id) => id !== mutation),
        {},
      ),
    );
  }

  /** Harvests stay where they are. */
  lacking(what: { readonly access?: WantedAccess; readonly harvest?: number }, every: number): Promise<Played> {
    return this.#once(JSON.stringify(what), () =>
      this.#play(lacking(this.#open(), { every, ...what }), this.#mutations, { harvestEvery: 0 }),
    );
  }

  #once(key: string, make: () => Promise<Played>): Promise<Played> {
    const known = this.#known.get(key) ?? make();
    this.#known.set(key, known);
    return known;
  }

  async #play(source: AccessSource, mutations: readonly string[], changes: SimulationRequest): Promise<Played> {
    const settings = configure({ ...this.#request, ...changes, mutations });
    const { id } = this.#finding;
    const hooks = { ...(this.#options.signal !== undefined && { signal: this.#options.signal }) };
    if (id === 'lost-write' || id === 'invisible-write') {
      let fold: Fold | undefined;
      await play(source, settings, (meta) => ((fold = new Fold(meta)), (batch) => fold!.apply(batch)), hooks);
      return { isFound: this.#isLost(fold!) };
    }
    const batches: EventBatch[] = [];
    let kept = 0;
    const { meta, ending } = await play(
      source,
      settings,
      () => (batch) => {
        kept += batch.length;
        if (kept > EVENTS_MAX) return;
        const copy = new EventBatch(batch.length);
        copyRows(batch, 0, batch.length, copy);
        batches.push(copy);
      },
      hooks,
    );
    const detectors = DETECTORS.filter((detector) => detector.id === id);
    const { findings } = check(new BatchSource(batches, meta, ending), { detectors });
    const { page, severity } = this.#finding;
    return { isFound: findings.some((one) => one.severity === severity && (page === null || one.page === page)) };
  }

  /** The consumer of the page lacks something, and no mark says so. */
  #isLost(end: Fold): boolean {
    const { page } = this.#finding;
    if (page === null) return false;
    const spaces = Math.max(
      1,
      end.pages.count === 0 ? 1 : Math.max(...end.pages.space.subarray(0, end.pages.count)) + 1,
    );
    for (let space = 0; space < spaces; space++) {
      const index = end.pages.find(space, page);
      if (index >= 0 && end.spaces.hasConsumer(space) && end.isStale(index) && !end.isMarked(index)) return true;
    }
    return false;
  }
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
      };
    }
    return { actor: cause.actor, step: cause.step, how: 'wrong', says: cause.what, isConvicted: false, by: null };
  }

  /** With the step as it should be: the defect that dropped or moved it is taken out. */
  async #restored(link: Link): Promise<LinkProof | null> {
    const { mutations } = this.#meta;
    if (mutations.length === 0) return null;
    for (const id of mutations) {
      if ((await this.#replays.without(id)).isFound) continue;
      return { verdict: 'necessary', text: `with ${id} taken out ${this.#finding.id} is gone` };
    }
    const all = mutations.join(', ');
    return link.kind === 'missing'
      ? { verdict: 'not necessary', text: `with ${all} taken out, each alone, ${this.#finding.id} is still there` }
      : null;
  }

  async #withoutAccess(access: WantedAccess, { kind, seq }: TrailEvent): Promise<LinkProof> {
    if (this.#meta.interleave === 'fine') return notTried('without an access the schedule would be another one');
    const what = kind === 'write' ? 'without this write' : 'without the access that needed it';
    const { isFound } = await this.#replays.lacking({ access }, this.#meta.harvestEvery);
    if (!isFound) return { verdict: 'necessary', text: `${what} ${this.#finding.id} is gone` };
    const instead = seq === this.#finding.seq ? '; a later write is lost in its place' : '';
    return { verdict: 'not necessary', text: `${what} ${this.#finding.id} is still there${instead}` };
  }

  async #withoutHarvest(harvest: number): Promise<LinkProof> {
    if (this.#meta.interleave === 'fine') return notTried('without a harvest the schedule would be another one');
    const { isFound } = await this.#replays.lacking({ harvest }, this.#meta.harvestEvery);
    const text = `without harvest ${harvest} ${this.#finding.id} is ${isFound ? 'still there' : 'gone'}`;
    return { verdict: isFound ? 'not necessary' : 'necessary', text };
  }

  /** The access that a write is part of, or that hardware worked for; null for what is not hardware's. */
  #accessOf(event: TrailEvent): WantedAccess | null {
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
    return access && { cpu: access.cpu, page: access.page, programNs: access.fields['program']! };
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

function notTried(text: string): LinkProof {
  return { verdict: 'not tried', text };
}
