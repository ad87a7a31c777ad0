/** Runs of a comparison on a thread of its own, one after the other as they are asked for. Started by `pool.ts`, and by nobody else. */
import { parentPort, workerData } from 'node:worker_threads';
import { invariant, PagetrailError } from '../../base/index.js';
import { run, type RunRequest, type Outcome, type Supply } from './run.js';

export interface WorkerSetup {
  readonly supplies: readonly Supply[];
}

/** An error as plain data; one of ours is told by the exit code that its class has. */
export interface Failure {
  readonly exitCode: number | null;
  readonly what: string;
  readonly why?: string;
  readonly mend?: string;
}

export type Reply = { readonly result: Outcome } | { readonly failure: Failure };

const port = parentPort;
invariant(port !== null, 'a run on a thread of its own is asked for by messages');
const { supplies } = workerData as WorkerSetup;
port.on('message', (wanted: RunRequest) => {
  run(supplies[wanted.supply]!, wanted).then(
    (result) => port.postMessage({ result } satisfies Reply),
    (error: unknown) => port.postMessage({ failure: failureOf(error) } satisfies Reply),
  );
});

function failureOf(error: unknown): Failure {
  if (!(error instanceof PagetrailError)) {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { exitCode: null, what };
  }
  const { exitCode, what, why, mend } = error;
  return { exitCode, what, ...(why !== undefined && { why }), ...(mend !== undefined && { mend }) };
}
