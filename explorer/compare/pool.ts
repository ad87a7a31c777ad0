/**
 * The runs of a comparison, on this thread or shared out among several: whoever is free takes the next, and each result goes to the place of its
 * run, so the answer does not depend on who was faster.
 */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { InputError, InterruptedError, UsageError } from '../../base/index.js';
import { run, type RunRequest, type Outcome, type Supply } from './run.js';
import type { Failure, Reply } from './worker.js';

export interface PoolOptions {
  readonly threads: number;
  readonly signal?: AbortSignal;
  /** Called as runs proceed, with the fraction of all that is done. */
  readonly onProgress?: (fraction: number) => void;
}

/** Nobody has measured more. */
const THREADS_MAX = 64;
/** Accesses, over all runs, from which on threads are worth their start; about half a second on one thread. */
const WORTH_THREADS = 2_000_000;
const WORKER = new URL('./worker.js', import.meta.url);

/** @throws UsageError for a number of threads that is out of range */
export function checkThreads(threads: number): void {
  if (Number.isInteger(threads) && threads >= 1 && threads <= THREADS_MAX) return;
  throw new UsageError({
    what: `--threads ${threads} is not a whole number from 1 to ${THREADS_MAX}`,
    mend: 'leave --threads out to use as many as the machine has cores',
  });
}

/** How many threads such runs are worth where nobody said. @param accesses of all runs; null: too many to be held */
export function threadsFor(runs: number, accesses: number | null): number {
  const worth = accesses === null || accesses >= WORTH_THREADS;
  // The worker is what the compiler made; sources that are run as they are have none.
  return worth && existsSync(WORKER) ? Math.min(runs, availableParallelism()) : 1;
}

/** Errors are those of the runs; the first that comes ends all. InterruptedError when the signal comes. */
export async function runAll(
  supplies: readonly Supply[],
  wanted: readonly RunRequest[],
  options: PoolOptions,
): Promise<Outcome[]> {
  const threads = Math.min(options.threads, wanted.length);
  return threads === 1 ? runInTurn(supplies, wanted, options) : runSharedOut(supplies, wanted, { ...options, threads });
}

async function runInTurn(
  supplies: readonly Supply[],
  wanted: readonly RunRequest[],
  { signal, onProgress }: PoolOptions,
): Promise<Outcome[]> {
  const results: Outcome[] = [];
  for (const one of wanted) {
    const result = await run(supplies[one.supply]!, one, {
      ...(signal !== undefined && { signal }),
      onProgress: ({ fraction }) => onProgress?.((results.length + (fraction ?? 0)) / wanted.length),
    });
    results.push(result);
    onProgress?.(results.length / wanted.length);
  }
  return results;
}

async function runSharedOut(
  supplies: readonly Supply[],
  wanted: readonly RunRequest[],
  { threads, signal, onProgress }: PoolOptions,
): Promise<Outcome[]> {
  const results: Outcome[] = [];
  let next = 0;
  let done = 0;
  const workers = Array.from({ length: threads }, () => new Worker(WORKER, { workerData: { supplies } }));
  const stop = (): void => workers.forEach((worker) => void worker.terminate());
  signal?.addEventListener('abort', stop, { once: true });
  try {
    await Promise.all(
      workers.map(async (worker) => {
        while (next < wanted.length) {
          const index = next++;
          results[index] = await asked(worker, wanted[index]!, signal);
          onProgress?.(++done / wanted.length);
        }
      }),
    );
    return results;
  } finally {
    signal?.removeEventListener('abort', stop);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

function asked(worker: Worker, wanted: RunRequest, signal: AbortSignal | undefined): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    worker.removeAllListeners();
    worker.on('message', (reply: Reply) => {
      if ('result' in reply) resolve(reply.result);
      else reject(errorOf(reply.failure));
    });
    worker.on('error', reject);
    worker.on('messageerror', reject);
    worker.on('exit', () =>
      reject(
        signal?.aborted
          ? new InterruptedError({ what: 'interrupted' })
          : new Error('a thread of the comparison has ended'),
      ),
    );
    worker.postMessage(wanted);
  });
}

/** The error that a thread met, as one of this thread. */
function errorOf({ exitCode, ...text }: Failure): Error {
  if (exitCode === 2) return new UsageError(text);
  if (exitCode === 3) return new InputError(text);
  if (exitCode === 130) return new InterruptedError(text);
  return new Error(text.what);
}
