/**
 * What a synthetic workload is: a named pattern of writes with defaults, and the source that plays it. A pattern is written as
 * a tight loop over one batch; what every pattern shares (counting, program time, the ending) is here.
 */
import { UsageError } from '../../base/index.js';
import { type AccessBatch, AccessKind } from '../../simulator/index.js';
import type { SourceMeta } from '../../traces/index.js';
import type { AccessSource } from '../sources/index.js';

/** First page of every workload's object; chosen, like a mapping that is not at zero. */
export const BASE_PAGE = 0x10000;
/** Pages an object may have at most: 16 GiB of addresses. Tables by page (zipf has three) then stay below 100 MB. */
const PAGES_MAX = 2 ** 22;
const WRITES_MAX = 2 ** 40;
/** CPUs are one byte in an access, and one number is kept free. */
const CPUS_MAX = 255;

export interface WorkloadOptions {
  readonly writes?: number;
  readonly pages?: number;
  readonly cpus?: number;
  readonly seed: number;
}

/** The parameters of one run: every default filled in. */
export interface WorkloadSize {
  readonly writes: number;
  readonly pages: number;
  readonly cpus: number;
  readonly seed: number;
}

export interface Workload {
  /** The word for `--workload`. */
  readonly id: string;
  /** One line for `pagetrail list workloads`. */
  readonly summary: string;
  readonly defaults: { readonly writes: number; readonly pages: number; readonly cpus: number };
  /** @throws UsageError for a number of writes, pages or CPUs that cannot be */
  open(options: WorkloadOptions): AccessSource;
}

/**
 * Writes accesses `done`, `done + 1`, ... of the pattern into rows [from, to) of the batch: page, offset and size. CPU, process and
 * program time are already set, and kind: a store, which a pattern may change into another kind of write.
 */
export type Pattern = (batch: AccessBatch, from: number, to: number, done: number) => void;

interface WorkloadDefinition {
  readonly id: string;
  readonly summary: string;
  readonly defaults: Workload['defaults'];
  /** Whether the CPUs take turns; otherwise everything runs on CPU 0 and `cpus` changes nothing. */
  readonly sharedByCpus?: boolean;
  /** Processes that have the object mapped; CPU c runs process c modulo this. Left out: one. */
  readonly processes?: number;
  /** Refuses or completes the size; called before anything is allocated. */
  readonly check?: (size: WorkloadSize) => void;
  /** A fresh pattern for one run. */
  pattern(size: WorkloadSize): Pattern;
}

/** Makes a workload of a pattern. Access i runs on CPU i % n at (i div n) + 1 ns of its program time. */
export function defineWorkload(definition: WorkloadDefinition): Workload {
  const { id, summary, defaults } = definition;
  return {
    id,
    summary,
    defaults,
    open(options) {
      const size: WorkloadSize = {
        writes: checked(id, 'writes', options.writes ?? defaults.writes, WRITES_MAX),
        pages: checked(id, 'pages', options.pages ?? defaults.pages, PAGES_MAX),
        cpus: definition.sharedByCpus ? checked(id, 'cpus', options.cpus ?? defaults.cpus, CPUS_MAX) : 1,
        seed: options.seed,
      };
      definition.check?.(size);
      return new WorkloadSource(id, size, definition.processes ?? 1, definition.pattern(size));
    },
  };
}

function checked(id: string, name: 'writes' | 'pages' | 'cpus', value: number, max: number): number {
  if (Number.isSafeInteger(value) && value >= 1 && value <= max) return value;
  throw new UsageError({
    what: `workload ${id} cannot have --${name} ${value}`,
    why: `it must be a whole number from 1 to ${max}`,
    mend: `leave --${name} out for its default`,
  });
}

class WorkloadSource implements AccessSource {
  readonly meta: SourceMeta;
  readonly objectPages: number;
  readonly skipped = { lines: 0, firstLine: null };
  readonly failure = null;
  #done = 0;

  constructor(
    id: string,
    private readonly size: WorkloadSize,
    private readonly processes: number,
    private readonly pattern: Pattern,
  ) {
    const { writes, pages, cpus, seed } = size;
    this.objectPages = pages;
    this.meta = {
      kind: 'workload',
      name: id,
      programTime: 'assumed',
      reads: false,
      parameters: { writes, pages, cpus, seed },
    };
  }

  fill(batch: AccessBatch): number {
    const from = batch.length;
    const to = from + Math.min(batch.capacity - from, this.size.writes - this.#done);
    if (this.size.cpus === 1) oneCpu(batch, from, to, this.#done);
    else inTurn(batch, from, to, this.#done, this.size.cpus);
    const { process, cpu } = batch;
    process.fill(0, from, to);
    if (this.processes > 1) for (let row = from; row < to; row++) process[row] = cpu[row]! % this.processes;
    this.pattern(batch, from, to, this.#done);
    batch.length = to;
    this.#done += to - from;
    return to - from;
  }

  get programNs(): number {
    return Math.ceil(this.#done / this.size.cpus);
  }

  get progress(): number {
    return this.#done / this.size.writes;
  }

  close(): void {}
}

function oneCpu(batch: AccessBatch, from: number, to: number, done: number): void {
  const { program } = batch;
  batch.cpu.fill(0, from, to);
  batch.kind.fill(AccessKind.store, from, to);
  for (let row = from, ns = done + 1; row < to; row++, ns++) program[row] = ns;
}

function inTurn(batch: AccessBatch, from: number, to: number, done: number, cpus: number): void {
  const { program, cpu } = batch;
  batch.kind.fill(AccessKind.store, from, to);
  let turn = done % cpus;
  let ns = Math.floor(done / cpus) + 1;
  for (let row = from; row < to; row++) {
    cpu[row] = turn;
    program[row] = ns;
    if (++turn === cpus) {
      turn = 0;
      ns++;
    }
  }
}
