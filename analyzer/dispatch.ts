/**
 * Hands the rows of a batch to the collectors that asked for them, and to the fold after that. What all of them need of a run of writes (page,
 * frame, slot of the TLB) is looked up once. A collector that throws is taken out where it threw, and the others go on from there; the
 * position is kept in fields, so that one `try` around the batch is enough.
 */
import { invariant } from '../base/index.js';
import { EVENT_KINDS, type EventBatch, frameMove, write } from '../traces/index.js';
import { type EventSource, type Fold, FOLD_KINDS } from '../replayer/index.js';
import type { BatchHandler, Collector, EventHandler, WritesHandler } from './pass.js';

/** A collector in a pass. */
export interface Running {
  readonly id: string;
  readonly collector: Collector<unknown>;
  /** The collectors that it reads. */
  readonly uses: readonly Running[];
  error?: { readonly error: unknown };
}

/** Handlers of one kind, and whose they are, in the order of the collectors. */
interface Handlers<Handler> {
  readonly calls: Handler[];
  readonly owners: Running[];
}

export class Dispatch {
  /** What the fold and the collectors must be given: other kinds are not even decoded. */
  readonly kinds: number;
  readonly #byKind: ReadonlyArray<Handlers<EventHandler>> = Array.from({ length: 256 }, () => ({
    calls: [],
    owners: [],
  }));
  /** Of all runs of writes, and behind them those that want dirtying ones only. */
  readonly #writers: Handlers<WritesHandler> = { calls: [], owners: [] };
  /** How many of these want every run. */
  #everyRun = 0;
  readonly #takers: Handlers<BatchHandler['take']> = { calls: [], owners: [] };
  /** A write may do more than add to the generation of the frame it reaches. */
  readonly #deep: boolean;
  /** A page has been moved since the last write. */
  #moved = false;
  /** The row that is handled; the handler that is called for it (-1 outside of any), and the one to begin with. */
  #row = 0;
  #at = -1;
  #from = 0;

  constructor(running: readonly Running[], { meta }: EventSource) {
    this.#deep = meta.options['nonCoherent'] === 1 || meta.spaces.some(({ kind }) => kind === 'second-stage');
    let kinds = FOLD_KINDS;
    for (const one of running) {
      const { on = {}, writes, batch } = one.collector;
      for (const [kind, handler] of Object.entries(on)) {
        const definition = EVENT_KINDS.find((candidate) => candidate.kind === kind);
        invariant(
          definition !== undefined && definition.code !== write.code,
          `collector ${one.id} asks for events of kind '${kind}'`,
        );
        add(this.#byKind[definition.code]!, handler, one);
        kinds |= 1 << definition.code;
      }
      if (writes !== undefined) add(this.#writers, writes, one);
      if (batch === undefined) continue;
      for (const { kind, code } of EVENT_KINDS) if (batch.kinds.includes(kind)) kinds |= 1 << code;
      add(this.#takers, batch.take, one);
    }
    this.#everyRun = this.#writers.calls.length;
    for (const one of running) {
      const { dirtyingWrites } = one.collector;
      if (dirtyingWrites !== undefined) add(this.#writers, dirtyingWrites, one);
    }
    this.kinds = kinds;
  }

  batch(batch: EventBatch, fold: Fold): void {
    this.#row = 0;
    while (this.#row < batch.length) {
      try {
        this.#rows(batch, fold);
      } catch (error) {
        if (this.#at < 0) throw error; // the fold's own: the trail is damaged
        const handlers = batch.kind[this.#row] === write.code ? this.#writers : this.#byKind[batch.kind[this.#row]!]!;
        const failed = handlers.owners[this.#at]!;
        this.#from = this.#at - handlers.owners.slice(0, this.#at).filter((owner) => owner === failed).length;
        this.#takeOut(failed, error);
        this.#at = -1;
      }
    }
    for (let i = 0; i < this.#takers.calls.length; i++) {
      try {
        this.#takers.calls[i]!(batch, fold);
      } catch (error) {
        this.#takeOut(this.#takers.owners[i--]!, error);
      }
    }
  }

  /** Goes on from where it stands, to the end of the batch. */
  #rows(batch: EventBatch, fold: Fold): void {
    const { kind, page, cpu, actor, space, length } = batch;
    const writers = this.#writers.calls;
    let row = this.#row;
    while (row < length) {
      if (kind[row] !== write.code) {
        const handlers = this.#byKind[kind[row]!]!.calls;
        if (handlers.length > 0) {
          this.#row = row;
          const number = page[row]!;
          const index = number < 0 ? -1 : fold.pages.find(space[row]!, number);
          for (let i = this.#from; i < handlers.length; i++) {
            this.#at = i;
            handlers[i]!(batch, row, fold, index);
          }
          this.#at = -1;
          this.#from = 0;
        }
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
      const tlb = by < 0 ? fold.deviceTlb : fold.tlbs[by];
      let index = fold.pages.find(within, at);
      let slot = index < 0 || tlb === undefined ? -1 : tlb.slotOf(index);
      let frame = slot >= 0 ? tlb!.frame[slot]! : index < 0 ? 0 : fold.pages.frame[index]!;
      if (slot < 0 && tlb?.knowsHuge === true) {
        index = fold.pageOfWrite(by, within, at);
        slot = fold.translation(by, index);
        frame = fold.frameOfWrite(by, index);
      }
      this.#row = row;
      const mayDirty =
        this.#deep || by < 0 || this.#moved || fold.frames.generation[frame] === fold.frames.captured[frame];
      if (mayDirty) this.#moved = false;
      // A collector that fails takes its handlers along, so the end is looked up anew. Two loops, because what is called in one place
      // alone is compiled into it, and most runs go through the first loop only.
      let i = this.#from;
      for (; i < this.#everyRun; i++) {
        this.#at = i;
        writers[i]!(batch, row, to, fold, index, frame, slot);
      }
      for (; mayDirty && i < writers.length; i++) {
        this.#at = i;
        writers[i]!(batch, row, to, fold, index, frame, slot);
      }
      this.#at = -1;
      this.#from = 0;
      fold.applyWrites(batch, row, to, frame);
      row = to;
    }
    this.#row = length;
  }

  /** Takes a collector out of the pass, without a handler of another being called twice or left out. */
  #takeOut(failed: Running, error: unknown): void {
    failed.error = { error };
    for (const { calls, owners } of [...this.#byKind, this.#writers, this.#takers] as Array<Handlers<unknown>>) {
      if (owners === this.#writers.owners)
        this.#everyRun -= owners.slice(0, this.#everyRun).filter((owner) => owner === failed).length;
      for (let i = owners.length - 1; i >= 0; i--) {
        if (owners[i] !== failed) continue;
        owners.splice(i, 1);
        calls.splice(i, 1);
      }
    }
  }
}

function add<Handler>({ calls, owners }: Handlers<Handler>, handler: Handler, owner: Running): void {
  calls.push(handler);
  owners.push(owner);
}
