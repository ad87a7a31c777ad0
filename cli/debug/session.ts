/**
 * A debugging session: where it stands in the trail, what it stops at, and moving. It prints nothing and knows no terminal; what a move
 * came to is told by a `Landing`. A position is the state after an event, as everywhere; position 0 is before the first.
 */
import { UsageError } from '../../base/index.js';
import {
  type Effect,
  type EventSource,
  type Fold,
  History,
  Probe,
  Replayer,
  Search,
  type Searching,
  type Stop,
} from '../../replayer/index.js';
import { harvestEnd, type TrailMeta } from '../../traces/index.js';
import { Bookmarks } from './bookmarks.js';
import { type EventLine, Events } from './events.js';
import { valueOf } from './stop-value.js';

/** A breakpoint or watchpoint as it was set. */
export interface SetStop {
  readonly number: number;
  readonly stop: Stop;
  /** As it can be typed again. */
  readonly text: string;
  hits: number;
}

/** A stop that was hit; for a watchpoint with what it watches, before and after. */
export interface StopHit {
  readonly stop: SetStop;
  readonly before: string | null;
  readonly after: string | null;
}

/** What a move came to. */
export interface Landing {
  readonly seq: number;
  /** The event that the position is just after; null before the first. */
  readonly event: EventLine | null;
  readonly epoch: number;
  readonly effects: readonly Effect[];
  readonly hits: readonly StopHit[];
  /** Why it went no further, where that was neither asked for nor a stop. */
  readonly ended: 'start' | 'end' | 'interrupted' | null;
}

/** Called after each stretch of a search with the event it came to; true asks to stop there. */
export type Pause = (seq: number) => boolean | Promise<boolean>;

export type Direction = 'forward' | 'backward';

export class Session {
  readonly source: EventSource;
  readonly events: Events;
  readonly bookmarks: Bookmarks;
  /** By number, as they were set. */
  readonly stops: SetStop[] = [];
  /** Path of the trail, for titles; null for one that is not stored. */
  readonly path: string | null;
  readonly #replayer: Replayer;
  readonly #search: Search;
  #history: History | null = null;
  #nextStop = 1;
  #seq = 0;

  constructor(source: EventSource, path: string | null = null) {
    this.source = source;
    this.path = path;
    this.events = new Events(source);
    this.bookmarks = new Bookmarks(path);
    this.#replayer = Replayer.open(source);
    this.#search = new Search(source, this.#replayer);
  }

  get seq(): number {
    return this.#seq;
  }

  get lastSeq(): number {
    return this.events.last;
  }

  get meta(): TrailMeta {
    return this.source.meta;
  }

  get history(): History {
    return (this.#history ??= History.open(this.source));
  }

  get replayer(): Replayer {
    return this.#replayer;
  }

  /** The state at the position. The same fold is handed out each time. */
  get fold(): Fold {
    return this.#replayer.goTo(this.#seq);
  }

  /** Epoch of the event at the position. */
  get epoch(): number {
    const { harvests } = this.fold;
    if (this.#seq === 0) return 1;
    const { batch, row } = this.events.row(this.#seq);
    return batch.kind[row] === harvestEnd.code ? harvests : harvests + 1;
  }

  /** Goes so many events on, or back where `events` is negative; as far as the trail has them. */
  step(events: number): Landing {
    const wanted = this.#seq + events;
    const seq = Math.min(Math.max(wanted, 0), this.lastSeq);
    return this.#land(seq, [], wanted === seq ? null : events < 0 ? 'start' : 'end');
  }

  /** Goes to an event of the trail. */
  goTo(seq: number): Landing {
    return this.#land(seq, [], null);
  }

  /** Goes on, or back, to the nearest event at which a stop is hit; to the end of the trail where there is none. */
  async run(direction: Direction, pause: Pause): Promise<Landing> {
    const stops = this.stops.map(({ stop }) => stop);
    const limit = direction === 'forward' ? this.lastSeq : 0;
    const ended = direction === 'forward' ? 'end' : 'start';
    if (stops.length === 0) return this.#land(limit, [], ended);
    const searching =
      direction === 'forward' ? this.#search.next(stops, this.#seq) : this.#search.previous(stops, this.#seq);
    const { hit, reached } = await drive(searching, this.#seq, pause);
    // Forward, everything up to there has been looked at. Backward, stops are looked for one after another, and none can be left out.
    if (hit === 'interrupted') return this.#land(direction === 'forward' ? reached : this.#seq, [], 'interrupted');
    if (hit === null) return this.#land(limit, [], ended);
    return this.#land(
      hit.seq,
      hit.stops.map((index) => this.stops[index]!),
      null,
    );
  }

  /** The nearest event at which that one stop matches, without going there; null for none, or when it was asked to pause. */
  async find(stop: Stop, direction: Direction, from: number, pause: Pause): Promise<number | null> {
    const searching = direction === 'forward' ? this.#search.next([stop], from) : this.#search.previous([stop], from);
    const { hit } = await drive(searching, this.#seq, pause);
    return hit === null || hit === 'interrupted' ? null : hit.seq;
  }

  setStop(stop: Stop, text: string): SetStop {
    const set = { number: this.#nextStop++, stop, text, hits: 0 };
    this.stops.push(set);
    return set;
  }

  deleteStop(number: number): SetStop {
    const index = this.stops.findIndex((stop) => stop.number === number);
    if (index < 0) {
      const numbers = this.stops.map((stop) => stop.number).join(', ');
      throw new UsageError({
        what: `there is no breakpoint ${number}`,
        why: numbers === '' ? 'none is set' : `there are ${numbers}`,
        mend: 'see `info breaks`',
      });
    }
    return this.stops.splice(index, 1)[0]!;
  }

  /** The event at the position and what it changed. */
  landing(): Landing {
    return this.#land(this.#seq, [], null);
  }

  #land(seq: number, hit: readonly SetStop[], ended: Landing['ended']): Landing {
    if (seq === 0) {
      this.#seq = 0;
      this.#replayer.goTo(0);
      return { seq, event: null, epoch: 1, effects: [], hits: [], ended };
    }
    const { batch, row } = this.events.row(seq);
    const before = this.#replayer.goTo(seq - 1);
    const values = hit.map(({ stop }) => valueOf(before, stop));
    const probe = new Probe(before, batch, row);
    const after = this.#replayer.goTo(seq);
    this.#seq = seq;
    for (const stop of hit) stop.hits++;
    return {
      seq,
      event: this.events.at(seq),
      epoch: this.epoch,
      effects: probe.effects(),
      hits: hit.map((stop, index) => ({ stop, before: values[index]!, after: valueOf(after, stop.stop) })),
      ended,
    };
  }
}

async function drive(
  searching: Searching,
  from: number,
  pause: Pause,
): Promise<{
  readonly hit: { seq: number; stops: readonly number[] } | 'interrupted' | null;
  readonly reached: number;
}> {
  let reached = from;
  for (;;) {
    const step = searching.next();
    if (step.done === true) return { hit: step.value, reached };
    reached = step.value;
    if (await pause(reached)) return { hit: 'interrupted', reached };
  }
}
