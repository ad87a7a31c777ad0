/**
 * The event at which a metric went beyond a limit: the second pass over a trail, made only for rules that are broken. What is lost is a
 * matter of the end, so there it is the first write of the page that was lost beyond the limit.
 */
import {
  EXIT_REASONS,
  exit,
  EVENT_KINDS,
  FAULT_HANDLERS,
  fault,
  EventBatch,
  report,
  write,
} from '../../traces/index.js';
import { chunkOfSeq, type EventSource, seqOf } from '../../replayer/index.js';
import { COSTLY_KINDS, costNsOf } from '../collectors/costs.js';
import { missedPages, uncapturedWrites } from '../collectors/uncaptured-writes.js';
import { type Overhead, SPENT_ON } from '../cost/index.js';
import { type Collector, type CollectorDefinition, Pass, type PassResults, runPass } from '../pass.js';
import type { Growth } from './metrics.js';

/** An event to look at. */
export interface Place {
  readonly seq: number;
  readonly timeNs: number;
  /** -1: a device. */
  readonly cpu: number;
  /** Null where the event is about none. */
  readonly page: number | null;
}

/** No event has this CPU number. */
const NO_CPU = -2;

/**
 * The first event after which what grows is more than `limit`; null where it never is.
 * @param results of a pass with the collectors of cost, where there has been one: what is lost is known from it
 */
export function firstBeyond(source: EventSource, growth: Growth, limit: number, results?: PassResults): Place | null {
  if (growth.of === 'lost')
    return lostBeyond(source, results ?? runPass(source, [uncapturedWrites]), growth.which, limit);
  const counter = new Counter(limit);
  const definition: CollectorDefinition<Counter> = { id: 'growth', create: () => follow(growth, counter) };
  const pass = new Pass(source, [definition]);
  while (counter.place === null && pass.step());
  return pass.finish().facts(definition).place;
}

/** Adds up until there is too much. */
class Counter {
  sum = 0;
  place: Place | null = null;
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(amount: number, batch: EventBatch, row: number, page = batch.page[row]!): void {
    this.sum += amount;
    if (this.place !== null || this.sum <= this.#limit) return;
    this.place = {
      seq: seqOf(batch, row),
      timeNs: batch.time[row]!,
      cpu: batch.cpu[row]!,
      page: page < 0 ? null : page,
    };
  }

  /** As if nothing had been before. */
  addAlone(amount: number, batch: EventBatch, row: number): void {
    this.sum = 0;
    this.add(amount, batch, row);
  }
}

function follow(growth: Exclude<Growth, { of: 'lost' }>, counter: Counter): Collector<Counter> {
  const finish = () => counter;
  switch (growth.of) {
    case 'writes': {
      const isBytes = growth.by === 'bytes';
      return {
        writes(batch, from, to) {
          const sizes = batch.slots[write.slot.size]!;
          for (let row = from; row < to; row++) counter.add(isBytes ? sizes[row]! : 1, batch, row);
        },
        finish,
      };
    }
    case 'faults': {
      // A handler that is not known counts for none but the total.
      const wanted = growth.handler === undefined ? null : FAULT_HANDLERS.indexOf(growth.handler);
      return {
        on: {
          fault(batch, row) {
            if (wanted === null || batch.slots[fault.slot.handler]![row] === wanted) counter.add(1, batch, row);
          },
        },
        finish,
      };
    }
    case 'exits': {
      const other = EXIT_REASONS.indexOf('other');
      return {
        on: {
          exit(batch, row) {
            const code = batch.slots[exit.slot.reason]![row]!;
            if (EXIT_REASONS[code < EXIT_REASONS.length ? code : other] === growth.reason) counter.add(1, batch, row);
          },
        },
        finish,
      };
    }
    case 'events': {
      const definition = EVENT_KINDS.find(({ kind }) => kind === growth.kind)!;
      const slots: Readonly<Record<string, number>> = definition.slot;
      const slot = growth.field === undefined ? -1 : slots[growth.field]!;
      const on = {
        [growth.kind]: (batch: EventBatch, row: number) =>
          counter.add(slot < 0 ? 1 : batch.slots[slot]![row]!, batch, row),
      };
      return { on, finish };
    }
    case 'overhead':
      return followOverhead(growth.cause ?? null, growth.inHarvest === true, counter);
    case 'stall':
      return followStalls(counter);
    case 'false-reports':
      return {
        on: {
          report(batch, row, fold) {
            const { space, page, slots } = batch;
            fold.pages.forRange(space[row]!, page[row]!, slots[report.slot.pages]![row]!, (index) => {
              if (!fold.isStale(index)) counter.add(1, batch, row, fold.pages.page[index]!);
            });
          },
        },
        finish,
      };
  }
}

function followOverhead(cause: Overhead | null, inHarvest: boolean, counter: Counter): Collector<Counter> {
  let harvestCpu = NO_CPU;
  const charge = (batch: EventBatch, row: number) => {
    if (!inHarvest || batch.cpu[row] === harvestCpu) counter.add(costNsOf(batch, row), batch, row);
  };
  const kinds = COSTLY_KINDS.filter((kind) => cause === null || SPENT_ON[kind] === cause);
  return {
    on: {
      'harvest-begin'(batch, row) {
        harvestCpu = batch.cpu[row]!;
      },
      'harvest-end'() {
        harvestCpu = NO_CPU;
      },
      ...Object.fromEntries(kinds.map((kind) => [kind, charge])),
    },
    finish: () => counter,
  };
}

function followStalls(counter: Counter): Collector<Counter> {
  /** By CPU: charged since its last access, ns. */
  const pending: number[] = [];
  const charge = (batch: EventBatch, row: number) => {
    const cpu = batch.cpu[row]!;
    if (cpu >= 0) pending[cpu] = (pending[cpu] ?? 0) + costNsOf(batch, row);
  };
  return {
    on: {
      ...Object.fromEntries(COSTLY_KINDS.map((kind) => [kind, charge])),
      read(batch, row) {
        if (batch.cpu[row]! >= 0) pending[batch.cpu[row]!] = 0;
      },
    },
    writes(batch, from) {
      const cpu = batch.cpu[from]!;
      if (cpu < 0) return;
      counter.addAlone(pending[cpu] ?? 0, batch, from);
      pending[cpu] = 0;
    },
    finish: () => counter,
  };
}

/** The first write of the page that is lost beyond the limit, in the order of those writes. */
function lostBeyond(
  source: EventSource,
  results: PassResults,
  which: 'writes' | 'pages' | 'invisible',
  limit: number,
): Place | null {
  const facts = results.facts(uncapturedWrites);
  const missed = missedPages(results.end, facts);
  const { pages } = results.end;
  const lost = (which === 'invisible' ? missed.invisible : missed.lost).pages
    .map((page) => ({
      page: pages.page[page]!,
      writes: results.end.generationOf(page) - results.end.capturedOf(page),
      seq: facts.firstSeq(pages.frame[page]!),
    }))
    .sort((a, b) => a.seq - b.seq);
  let sum = 0;
  for (const { page, writes, seq } of lost) {
    sum += which === 'pages' ? 1 : writes;
    if (sum > limit) return placeOf(source, seq, page);
  }
  return null;
}

/** The event of that position, which must exist. */
export function placeOf(source: EventSource, seq: number, page: number | null): Place {
  const index = chunkOfSeq(source, seq);
  const batch = new EventBatch(source.chunks[index]!.events);
  source.readChunk(index, batch);
  const row = seq - batch.firstSeq;
  return { seq, timeNs: batch.time[row]!, cpu: batch.cpu[row]!, page };
}
