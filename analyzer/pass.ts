/**
 * One pass over a trail for any number of collectors. A collector owns its state (a definition is a factory, so two trails can be
 * analysed at once), names the kinds it wants to see, and gets each such event with the state *before* it. Writes are the hot path: they
 * come as runs of one actor on one CPU to one page, and only to collectors that ask for them. What several need is gathered by one of them,
 * which the others read while the pass goes on (`Peers`).
 *
 * A collector that throws is out of the pass, and the error is its result; the others go on. A trail that cannot be read ends the pass.
 */
import { invariant } from '../base/index.js';
import { ALL_KINDS, chunksOf, EVENT_KINDS, type EventBatch } from '../traces/index.js';
import { Fold, type EventSource } from '../replayer/index.js';
import { Dispatch, type Running } from './dispatch.js';

/** Kinds that nobody asked for are left out where they are one in so many events, or more; measured, not sensitive. */
const LEFT_OUT_FROM = 64;

/**
 * The position of the event is `seqOf(batch, row)`: kinds that nobody asked for are left out of the batch.
 * @param page the event's page as an index into `fold.pages`, or -1 where the trail had not spoken of it before
 */
export type EventHandler = (batch: EventBatch, row: number, fold: Fold, page: number) => void;

/**
 * Rows [from, to) are writes of one actor on one CPU to one page.
 * @param frame index of the frame they reach; 0 for none that the trail knows
 * @param slot of the TLB entry that they go through, in the TLB of their CPU; -1 where it has none
 */
export type WritesHandler = (
  batch: EventBatch,
  from: number,
  to: number,
  fold: Fold,
  page: number,
  frame: number,
  slot: number,
) => void;

/** Goes through the rows of a batch by itself: for facts that need no state, and so no call for each event. */
export interface BatchHandler {
  /** Kinds that it must be given, besides writes. */
  readonly kinds: readonly string[];
  /** Called with each batch after its events have been shown one by one; `fold` is the state after the last of them. */
  readonly take: (batch: EventBatch, fold: Fold) => void;
}

export interface Collector<Facts, Live = unknown> {
  /** By kind; `write` is not among them. */
  readonly on?: Readonly<Record<string, EventHandler>>;
  readonly writes?: WritesHandler;
  /**
   * As `writes`, but called only where the run may begin something: the frame holds nothing that its consumer lacks, a page has just been
   * moved, or there is more to look at than that frame (the write is a device's, stays in a cache, or goes on to a second stage).
   */
  readonly dirtyingWrites?: WritesHandler;
  readonly batch?: BatchHandler;
  /** Called once, with the state after the last event. */
  readonly finish: (end: Fold) => Facts;
  /** What others may read while the pass goes on; see `Peers`. */
  readonly live?: Live;
}

export interface CollectorDefinition<Facts, Live = unknown> {
  readonly id: string;
  readonly create: (source: EventSource, peers: Peers) => Collector<Facts, Live>;
}

/** The other collectors of a pass. Whoever asks for one has it in the pass, sees it before itself at every event, and fails where it fails. */
export interface Peers {
  /** What that collector shows while the pass goes on. */
  of<Live>(definition: CollectorDefinition<unknown, Live>): Live;
}

export interface PassOptions {
  /** Called after each chunk. */
  readonly onProgress?: (events: number) => void;
}

/** What a pass found, by collector. */
export class PassResults {
  readonly #facts = new Map<string, { readonly facts: unknown } | { readonly error: unknown }>();

  /** State after the last event. */
  constructor(readonly end: Fold) {}

  /** The facts of a collector. Throws what the collector threw. */
  facts<Facts>(definition: CollectorDefinition<Facts>): Facts {
    const result = this.#facts.get(definition.id);
    invariant(result !== undefined, `collector ${definition.id} was not in the pass`);
    if ('error' in result) throw result.error;
    return result.facts as Facts;
  }

  /** @internal */
  keep(id: string, result: { readonly facts: unknown } | { readonly error: unknown }): void {
    this.#facts.set(id, result);
  }
}

/** Runs the collectors, each once however often it is named. Throws an `InputError` when the trail cannot be read. */
export function runPass(
  source: EventSource,
  definitions: ReadonlyArray<CollectorDefinition<unknown>>,
  options: PassOptions = {},
): PassResults {
  const pass = new Pass(source, definitions);
  try {
    while (pass.step()) options.onProgress?.(pass.events);
    return pass.finish();
  } finally {
    pass.end();
  }
}

/** A pass taken chunk by chunk, for whoever reads two trails side by side, or batch by batch of a run under way; `runPass` is all others need. */
export class Pass {
  readonly #running: readonly Running[];
  readonly #dispatch: Dispatch;
  readonly #fold: Fold;
  readonly #chunks: Generator<EventBatch, void>;

  constructor(source: EventSource, definitions: ReadonlyArray<CollectorDefinition<unknown>>) {
    this.#running = new Company(source).join(definitions);
    invariant(new Set(this.#running.map(({ id }) => id)).size === this.#running.length, 'two collectors share an id');
    this.#dispatch = new Dispatch(this.#running, source);
    this.#fold = new Fold(source.meta);
    this.#chunks = chunksOf(source, askedOf(source, this.#dispatch.kinds), { toEnd: true });
  }

  /** Events passed so far. */
  get events(): number {
    return this.#fold.seq;
  }

  /** Passes the next chunk; false when there is none. Throws an `InputError` when it cannot be read. */
  step(): boolean {
    const next = this.#chunks.next();
    if (next.done === true) return false;
    this.take(next.value);
    return true;
  }

  /** Passes a batch that follows what was passed before: for whoever gets events as they happen, and has no chunks of them. */
  take(batch: EventBatch): void {
    this.#dispatch.batch(batch, this.#fold);
  }

  /** Reads no further: for a pass that is not finished. */
  end(): void {
    this.#chunks.return();
  }

  /** Ends the pass after its last step. */
  finish(): PassResults {
    this.end();
    const results = new PassResults(this.#fold);
    for (const one of this.#running) {
      try {
        const failed = one.uses.find(({ error }) => error !== undefined);
        if (failed?.error !== undefined) one.error ??= failed.error;
        results.keep(one.id, one.error ?? { facts: one.collector.finish(this.#fold) });
      } catch (error) {
        results.keep(one.id, { error });
      }
    }
    return results;
  }
}

/** What is read where those kinds are wanted: all, where the others are so few that leaving them out would take longer. */
function askedOf({ chunks }: EventSource, kinds: number): number {
  const others = EVENT_KINDS.filter(({ code }) => (kinds & (1 << code)) === 0);
  let events = 0;
  let left = 0;
  for (const chunk of chunks) {
    events += chunk.events;
    for (const { kind } of others) left += chunk.counts[kind] ?? 0;
  }
  return left * LEFT_OUT_FROM < events ? ALL_KINDS : kinds;
}

/** Makes collectors, each once, and those that they use before them. */
class Company {
  readonly #source: EventSource;
  readonly #members = new Map<CollectorDefinition<unknown>, Running | null>(); // null: being made

  constructor(source: EventSource) {
    this.#source = source;
  }

  join(definitions: ReadonlyArray<CollectorDefinition<unknown>>): Running[] {
    for (const definition of definitions) this.#member(definition);
    // A map keeps the order in which members came; whoever is used was finished before its user.
    return [...this.#members.values()].filter((one) => one !== null);
  }

  #member(definition: CollectorDefinition<unknown>): Running {
    const known = this.#members.get(definition);
    invariant(known !== null, `collector ${definition.id} uses itself`);
    if (known !== undefined) return known;
    this.#members.set(definition, null);
    const uses: Running[] = [];
    const peers: Peers = {
      of: <Live>(other: CollectorDefinition<unknown, Live>) => {
        const member = this.#member(other);
        uses.push(member);
        return member.collector.live as Live;
      },
    };
    const collector = definition.create(this.#source, peers);
    const made = { id: definition.id, collector, uses };
    this.#members.delete(definition);
    this.#members.set(definition, made);
    return made;
  }
}
