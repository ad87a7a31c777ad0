/**
 * What tracking cost, summed over a trail in one pass: events counted by what they are priced for, their ns by cause, by CPU and by
 * epoch, and what each write had to wait.
 *
 * A write waits for the overhead that its CPU was charged since that CPU's access before: its own faults and walker assists, flushes
 * it had to acknowledge, and a harvest that ran on its CPU.
 */
import {
  EVENT_BY_CODE,
  EVENT_KINDS,
  exit,
  EXIT_REASONS,
  FAULT_HANDLERS,
  fault,
  flushSend,
  read,
  report,
  transfer,
  walk,
  write,
  type EventBatch,
} from '../../traces/index.js';
import { costNsOf } from '../collectors/costs.js';
import type { CollectorDefinition } from '../pass.js';
import { Distribution } from './distribution.js';
import { EpochCosts } from './epoch-costs.js';
import { OVERHEADS, type Overhead, SPENT_ON } from './overheads.js';

type RowHandler = (batch: EventBatch, row: number) => void;

/** No event has this CPU number. */
const NO_CPU = -2;
const UNKNOWN_HANDLER = FAULT_HANDLERS.indexOf('unknown');
const OTHER_EXIT = EXIT_REASONS.indexOf('other');

export interface CpuCost {
  readonly cpu: number;
  writes: number;
  /** Program time up to its last access, ns. */
  programNs: number;
  overheadNs: number;
}

interface RunningCpu {
  readonly cost: CpuCost;
  /** Program time that its count begins at, ns; null before its first access. */
  originNs: number | null;
  /** Charged since its last access: what the next one waits. */
  pendingNs: number;
}

export interface CostTally {
  readonly writes: number;
  readonly bytesWritten: number;
  /** By index into FAULT_HANDLERS. */
  readonly faultsByHandler: readonly number[];
  readonly flushes: number;
  readonly ipis: number;
  readonly exits: number;
  /** By word, those that occurred; in the order of EXIT_REASONS. */
  readonly exitsByReason: Readonly<Record<string, number>>;
  readonly cacheFlushes: number;
  readonly ptesScanned: number;
  readonly transfers: number;
  readonly bytesTransferred: number;
  readonly ns: Readonly<Record<Overhead, number>>;
  /** Charged to CPUs that ran a harvest, while it ran. */
  readonly harvestNs: number;
  readonly harvests: number;
  /** Events that the source lost, and so nobody could count. */
  readonly gaps: number;
  readonly stalls: Distribution;
  /** In order of CPU. */
  readonly cpus: readonly CpuCost[];
  readonly epochs: EpochCosts;
}

export const costTally: CollectorDefinition<CostTally> = {
  id: 'cost-tally',
  create({ meta }) {
    const byCpu: RunningCpu[] = [];
    const cpuOf = (cpu: number) =>
      (byCpu[cpu] ??= { cost: { cpu, writes: 0, programNs: 0, overheadNs: 0 }, originNs: null, pendingNs: 0 });
    const epochs = new EpochCosts();
    const stalls = new Distribution();
    const faultsByHandler: number[] = FAULT_HANDLERS.map(() => 0);
    /** By event code. */
    const costsNs = new Float64Array(32);
    const exitsByReason: number[] = EXIT_REASONS.map(() => 0);
    const sums = { writes: 0, bytesWritten: 0, flushes: 0, ipis: 0, exits: 0, cacheFlushes: 0, ptesScanned: 0 };
    const more = { transfers: 0, bytesTransferred: 0, harvestNs: 0, harvests: 0, gaps: 0 };
    let unstalled = 0;
    let harvestCpu = NO_CPU;
    // Times that a source gives begin anywhere; each CPU's count from its first access on.
    const given = meta.source.programTime === 'given';
    const runTo = (at: RunningCpu, firstNs: number, lastNs: number) => {
      at.originNs ??= given ? firstNs : 0;
      at.cost.programNs = lastNs - at.originNs;
    };

    /** Charges the event in that row; a device (CPU -1) is no CPU that could wait. */
    const charge: RowHandler = (batch, row) => {
      const costNs = costNsOf(batch, row);
      if (costNs === 0) return;
      costsNs[batch.kind[row]!]! += costNs;
      epochs.overheadNs[epochs.current]! += costNs;
      const cpu = batch.cpu[row]!;
      if (cpu === harvestCpu) more.harvestNs += costNs;
      if (cpu < 0) return;
      const at = cpuOf(cpu);
      at.cost.overheadNs += costNs;
      at.pendingNs += costNs;
    };

    const on: Record<string, RowHandler> = {
      read(batch, row) {
        const cpu = batch.cpu[row]!;
        if (cpu < 0) return;
        const at = cpuOf(cpu);
        at.pendingNs = 0;
        const atNs = batch.slots[read.slot.program]![row]!;
        runTo(at, atNs, atNs);
      },
      fault(batch, row) {
        const handler = batch.slots[fault.slot.handler]![row]!;
        faultsByHandler[handler < FAULT_HANDLERS.length ? handler : UNKNOWN_HANDLER]!++;
        epochs.faults[epochs.current]!++;
        charge(batch, row);
      },
      pte: charge,
      walk(batch, row) {
        sums.ptesScanned += batch.slots[walk.slot.slots]![row]!;
        charge(batch, row);
      },
      'flush-send'(batch, row) {
        sums.flushes++;
        sums.ipis += batch.slots[flushSend.slot.targets]![row]!;
        charge(batch, row);
      },
      'flush-ack': charge,
      'cache-flush'(batch, row) {
        sums.cacheFlushes++;
        charge(batch, row);
      },
      'frame-move': charge,
      'table-alloc': charge,
      exit(batch, row) {
        const reason = batch.slots[exit.slot.reason]![row]!;
        sums.exits++;
        exitsByReason[reason < EXIT_REASONS.length ? reason : OTHER_EXIT]!++;
        charge(batch, row);
      },
      report(batch, row) {
        epochs.pagesReported[epochs.current]! += batch.slots[report.slot.pages]![row]!;
      },
      transfer(batch, row) {
        const bytes = batch.slots[transfer.slot.bytes]![row]!;
        more.transfers++;
        more.bytesTransferred += bytes;
        epochs.bytesTransferred[epochs.current]! += bytes;
        charge(batch, row);
      },
      'harvest-begin'(batch, row) {
        harvestCpu = batch.cpu[row]!;
      },
      'harvest-end'() {
        harvestCpu = NO_CPU;
        more.harvests++;
        epochs.begin();
      },
      gap() {
        more.gaps++;
      },
    };

    /** Rows [from, to) are writes of one CPU. */
    const wrote = (batch: EventBatch, from: number, to: number) => {
      const sizes = batch.slots[write.slot.size]!;
      let bytes = 0;
      for (let row = from; row < to; row++) bytes += sizes[row]!;
      const count = to - from;
      sums.bytesWritten += bytes;
      sums.writes += count;
      epochs.writes[epochs.current]! += count;
      unstalled += count;
      const cpu = batch.cpu[from]!;
      if (cpu < 0) return;
      const at = cpuOf(cpu);
      at.cost.writes += count;
      const programs = batch.slots[write.slot.program]!;
      runTo(at, programs[from]!, programs[to - 1]!);
      if (at.pendingNs === 0) return;
      stalls.add(at.pendingNs); // the first of the run waited for all of it
      unstalled--;
      at.pendingNs = 0;
    };

    const handlers: ReadonlyArray<RowHandler | undefined> = Array.from({ length: 32 }, (_, code) => {
      const kind = EVENT_BY_CODE[code]?.kind;
      return kind === undefined ? undefined : on[kind];
    });
    /** None of it depends on the state, so a batch is gone through at once. */
    const take = (batch: EventBatch) => {
      const { kind, cpu, length } = batch;
      for (let row = 0; row < length; ) {
        if (kind[row] !== write.code) {
          handlers[kind[row]!]?.(batch, row);
          row++;
          continue;
        }
        const by = cpu[row];
        let to = row + 1;
        while (to < length && kind[to] === write.code && cpu[to] === by) to++;
        wrote(batch, row, to);
        row = to;
      }
    };

    return {
      batch: { kinds: Object.keys(on), take },
      finish() {
        stalls.add(0, unstalled);
        const cpus = byCpu.filter((at) => at !== undefined).map(({ cost }) => cost);
        return {
          ...sums,
          ...more,
          exitsByReason: byReason(exitsByReason),
          faultsByHandler,
          ns: byOverhead(costsNs),
          stalls,
          cpus,
          epochs,
        };
      },
    };
  },
};

/** @param costsNs by event code */
function byOverhead(costsNs: Float64Array): Record<Overhead, number> {
  const ns = Object.fromEntries(OVERHEADS.map((overhead) => [overhead, 0])) as Record<Overhead, number>;
  for (const { kind, code } of EVENT_KINDS) if (SPENT_ON[kind] !== undefined) ns[SPENT_ON[kind]] += costsNs[code]!;
  return ns;
}

function byReason(counts: readonly number[]): Record<string, number> {
  return Object.fromEntries(
    EXIT_REASONS.map((reason, code) => [reason, counts[code]!] as const).filter(([, n]) => n > 0),
  );
}
