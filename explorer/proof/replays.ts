/** Runs of the recorded accesses under other conditions, each made once, and whether a finding is still there at the end of one. */
import { check, DETECTORS, type Finding } from '../../analyzer/index.js';
import { type AccessSource, play } from '../../recorder/index.js';
import { BatchSource, copyBatch } from '../../replayer/index.js';
import { configure, type SimulationRequest } from '../../simulator/index.js';
import type { EventBatch } from '../../traces/index.js';
import { LostAgain, type LostWrite } from './lost-again.js';
import { lacking, type WantedAccess } from './without-access.js';

/** Events that are kept where a detector has to see them. */
const EVENTS_MAX = 4_000_000;

export interface Played {
  /** The finding is there: of a lost write, that very write is lost. */
  readonly isFound: boolean;
  /** Some write of the page is lost; as `isFound` where the finding is about no lost write. */
  readonly isPageLost: boolean;
}

/** Runs of the recorded accesses; each is made once. */
export class Replays {
  readonly #open: () => AccessSource;
  readonly #request: SimulationRequest;
  readonly #mutations: readonly string[];
  readonly #finding: Finding;
  /** The write that is lost; null where the finding is about none. */
  readonly #write: LostWrite | null;
  readonly #spaces: number;
  readonly #signal: AbortSignal | undefined;
  readonly #known = new Map<string, Promise<Played>>();

  constructor(
    open: () => AccessSource,
    request: SimulationRequest,
    mutations: readonly string[],
    finding: Finding,
    write: LostWrite | null,
    spaces: number,
    signal: AbortSignal | undefined,
  ) {
    this.#open = open;
    this.#request = request;
    this.#mutations = mutations;
    this.#finding = finding;
    this.#write = write;
    this.#spaces = spaces;
    this.#signal = signal;
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
    const hooks = this.#signal === undefined ? {} : { signal: this.#signal };
    const { page } = this.#finding;
    if (this.#write !== null && page !== null) {
      const again = new LostAgain(this.#write, page, this.#spaces);
      await play(source, settings, (meta) => again.begin(meta), hooks);
      return again.end();
    }
    const batches: EventBatch[] = [];
    let kept = 0;
    const { meta, ending } = await play(
      source,
      settings,
      () => (batch) => {
        kept += batch.length;
        if (kept <= EVENTS_MAX) batches.push(copyBatch(batch));
      },
      hooks,
    );
    const { id, severity } = this.#finding;
    const detectors = DETECTORS.filter((detector) => detector.id === id);
    const { findings } = check(new BatchSource(batches, meta, ending), { detectors });
    const isFound = findings.some((one) => one.severity === severity && (page === null || one.page === page));
    return { isFound, isPageLost: isFound };
  }
}
