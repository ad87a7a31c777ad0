/**
 * One pass over a trail for any number of collectors. A collector owns its state (a definition is a factory, so two trails can be
 * analysed at once), names the kinds it wants to see, and gets each such event with the state *before* it. Writes are the hot path: they
 * come as runs of one actor on one CPU to one page, and only to collectors that ask for them.
 *
 * A collector that throws is out of the pass, and the error is its result; the others go on. A trail that cannot be read ends the pass.
 */
import { invariant } from '../base/index.js';
import { EVENT_KINDS, EventBatch, frameMove, write } from '../traces/index.js';
import { Fold, FOLD_KINDS, type EventSource } from '../replayer/index.js';

/**
 * The position of the event is `seqOf(batch, row)`: kinds that nobody asked for are left out of the batch.
 * @param page the event's page as an index into `fold.pages`, or -1 where the trail had not spoken of it before
 */
export type EventHandler = (batch: EventBatch, row: number, fold: Fold, page: number) => void;

/** Rows [from, to) are writes of one actor on one CPU to one page. @param frame index of the frame they reach; 0 for none that the trail knows */
export type WritesHandler = (
  batch: EventBatch,
  from: number,
  to: number,
  fold: Fold,
  page: number,
  frame: number,
) => void;

/** Goes through the rows of a batch by itself: for facts that need no state, and so no call for each event. */
export interface BatchHandler {
  /** Kinds that it must be given, besides writes. */
  readonly kinds: readonly string[];
  /** Called with each batch after its events have been shown one by one; `fold` is the state after the last of them. */
  readonly take: (batch: EventBatch, fold: Fold) => void;
}

export interface Collector<Facts> {
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
}

export interface CollectorDefinition<Facts> {
  readonly id: string;
  readonly create: (source: EventSource) => Collector<Facts>;
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

interface Running {
  readonly id: string;
  readonly collector: Collector<unknown>;
  error?: { readonly error: unknown };
}

/** Runs the collectors, each once however often it is named. Throws an `InputError` when the trail cannot be read. */
export function runPass(
  source: EventSource,
  definitions: ReadonlyArray<CollectorDefinition<unknown>>,
  options: PassOptions = {},
): PassResults {
  const pass = new Pass(source, definitions);
  while (pass.step()) options.onProgress?.(pass.events);
  return pass.finish();
}

/** A pass taken chunk by chunk, for whoever reads two trails side by side, or batch by batch of a run under way; `runPass` is all others need. */
export class Pass {
  readonly #source: EventSource;
  readonly #running: readonly Running[];
  readonly #dispatch: Dispatch;
  readonly #fold: Fold;
  readonly #batch: EventBatch;
  #chunk = 0;

  constructor(source: EventSource, definitions: ReadonlyArray<CollectorDefinition<unknown>>) {
    this.#source = source;
    this.#running = [...new Set(definitions)].map(
      (definition): Running => ({ id: definition.id, collector: definition.create(source) }),
    );
    invariant(new Set(this.#running.map(({ id }) => id)).size === this.#running.length, 'two collectors share an id');
    this.#dispatch = new Dispatch(this.#running, source);
    this.#fold = new Fold(source.meta);
    this.#batch = new EventBatch(source.chunks.reduce((most, chunk) => Math.max(most, chunk.events), 1));
  }

  /** Events passed so far. */
  get events(): number {
    return this.#fold.seq;
  }

  /** Passes the next chunk; false when there is none. Throws an `InputError` when it cannot be read. */
  step(): boolean {
    if (this.#chunk === this.#source.chunks.length) return false;
    this.#source.readChunk(this.#chunk++, this.#batch, this.#dispatch.kinds);
    this.#dispatch.batch(this.#batch, this.#fold);
    return true;
  }

  /** Passes a batch that follows what was passed before: for whoever gets events as they happen, and has no chunks of them. */
  take(batch: EventBatch): void {
    this.#dispatch.batch(batch, this.#fold);
  }

  /** Ends the pass after its last step. */
  finish(): PassResults {
    const results = new PassResults(this.#fold);
    for (const one of this.#running) {
      try {
        results.keep(one.id, one.error ?? { facts: one.collector.finish(this.#fold) });
      } catch (error) {
        results.keep(one.id, { error });
      }
    }
    return results;
  }
}

class Dispatch {
  /** What the fold and the collectors must be given: other kinds are not even decoded. */
  readonly kinds: number;
  readonly #byKind: Array<Array<{ readonly one: Running; readonly handler: EventHandler }>> = Array.from(
    { length: 256 },
    () => [],
  );
  readonly #writers: Array<{ readonly one: Running; readonly handler: WritesHandler }> = [];
  readonly #dirtiers: Array<{ readonly one: Running; readonly handler: WritesHandler }> = [];
  readonly #takers: Array<{ readonly one: Running; readonly handler: BatchHandler['take'] }> = [];
  /** A write may do more than add to the generation of the frame it reaches. */
  readonly #deep: boolean;
  /** A page has been moved since the last write. */
  #moved = false;

  constructor(running: readonly Running[], { meta }: EventSource) {
    this.#deep = meta.options['nonCoherent'] === 1 || meta.spaces.some(({ kind }) => kind === 'second-stage');
    let kinds = FOLD_KINDS;
    for (const one of running) {
      const { on = {}, writes, dirtyingWrites, batch } = one.collector;
      for (const [kind, handler] of Object.entries(on)) {
        const definition = EVENT_KINDS.find((candidate) => candidate.kind === kind);
        invariant(
          definition !== undefined && definition.code !== write.code,
          `collector ${one.id} asks for events of kind '${kind}'`,
        );
        this.#byKind[definition.code]!.push({ one, handler });
        kinds |= 1 << definition.code;
      }
      if (writes !== undefined) this.#writers.push({ one, handler: writes });
      if (dirtyingWrites !== undefined) this.#dirtiers.push({ one, handler: dirtyingWrites });
      if (batch !== undefined) {
        for (const { kind, code } of EVENT_KINDS) if (batch.kinds.includes(kind)) kinds |= 1 << code;
        this.#takers.push({ one, handler: batch.take });
      }
    }
    this.kinds = kinds;
  }

  batch(batch: EventBatch, fold: Fold): void {
    const { kind, page, cpu, actor, space, length } = batch;
    const writers = this.#writers;
    const deep = this.#deep;
    for (let row = 0; row < length; ) {
      if (kind[row] !== write.code) {
        this.#event(batch, row, fold);
        fold.applyRow(batch, row);
        if (kind[row] === frameMove.code) this.#moved = true;
        row++;
        continue;
      }
      const at = page[row]!;
      const by = cpu[row]!;
      const within = space[row]!;
      const whose = actor[row]!;
      let to = row + 1;
      while (
        to < length &&
        kind[to] === write.code &&
        page[to] === at &&
        cpu[to] === by &&
        space[to] === within &&
        actor[to] === whose
      )
        to++;
      const index = fold.pageOfWrite(by, within, at);
      const frame = fold.frameOfWrite(by, index);
      if (writers.length > 0) this.#writes(writers, batch, row, to, fold, index, frame);
      if (deep || by < 0 || this.#moved || fold.frames.generation[frame] === fold.frames.captured[frame]) {
        this.#writes(this.#dirtiers, batch, row, to, fold, index, frame);
        this.#moved = false;
      }
      fold.applyWrites(batch, row, to, frame);
      row = to;
    }
    for (let i = 0; i < this.#takers.length; i++) {
      const { one, handler } = this.#takers[i]!;
      try {
        handler(batch, fold);
      } catch (error) {
        this.#fail(one, error);
        i--;
      }
    }
  }

  #writes(
    writers: ReadonlyArray<{ readonly one: Running; readonly handler: WritesHandler }>,
    batch: EventBatch,
    from: number,
    to: number,
    fold: Fold,
    page: number,
    frame: number,
  ): void {
    for (let i = 0; i < writers.length; i++) {
      const { one, handler } = writers[i]!;
      try {
        handler(batch, from, to, fold, page, frame);
      } catch (error) {
        this.#fail(one, error);
        i--;
      }
    }
  }

  #event(batch: EventBatch, row: number, fold: Fold): void {
    const handlers = this.#byKind[batch.kind[row]!]!;
    if (handlers.length === 0) return;
    const number = batch.page[row]!;
    const page = number < 0 ? -1 : fold.pages.find(batch.space[row]!, number);
    for (let i = 0; i < handlers.length; i++) {
      const { one, handler } = handlers[i]!;
      try {
        handler(batch, row, fold, page);
      } catch (error) {
        this.#fail(one, error);
        i--;
      }
    }
  }

  /** Takes a collector out of the pass. */
  #fail(failed: Running, error: unknown): void {
    failed.error = { error };
    for (const list of [...this.#byKind, this.#writers, this.#dirtiers, this.#takers] as Array<
      Array<{ readonly one: Running }>
    >) {
      for (let i = list.length - 1; i >= 0; i--) if (list[i]!.one === failed) list.splice(i, 1);
    }
  }
}
