/** From what a user names as the source of a recording to a source that can be pulled. */
import type { AccessSource, OperationIntervals } from './sources/index.js';
import { onCpus, openImport, openTrail, withOperations } from './sources/index.js';
import { workloadNamed } from './workloads/index.js';

export type SourceRequest = OperationIntervals & Accesses;

type Accesses =
  /** A synthetic workload, by id. */
  | { readonly workload: string; readonly writes?: number; readonly pages?: number }
  /** A log: a file, or `-` for standard input; plain or gzip. Its format is detected unless named. */
  | { readonly import: string; readonly format?: string; readonly reads?: boolean }
  /** The accesses that another trail recorded; on other CPUs than there where a number of them is given, see `onCpus`. */
  | { readonly trail: string; readonly reads?: boolean; readonly onCpus?: number }
  /** Accesses at hand, with the file they were made from, which must not be overwritten. */
  | { readonly accesses: AccessSource; readonly from: string };

export interface SourceContext {
  readonly seed: number;
  /** CPUs asked for; undefined: as many as the workload has by itself, or the log. */
  readonly cpus: number | undefined;
}

/** @throws UsageError for an unknown workload or format; InputError for input that cannot be read */
export async function openSource(request: SourceRequest, context: SourceContext): Promise<AccessSource> {
  const { moveEvery, unmapEvery, ...accesses } = request;
  const source = await openAccesses(accesses, context);
  try {
    return withOperations(source, {
      ...(moveEvery !== undefined && { moveEvery }),
      ...(unmapEvery !== undefined && { unmapEvery }),
    });
  } catch (error) {
    source.close();
    throw error;
  }
}

async function openAccesses(request: Accesses, { seed, cpus }: SourceContext): Promise<AccessSource> {
  if ('accesses' in request) return request.accesses;
  if ('workload' in request) {
    const { workload, ...size } = request;
    return workloadNamed(workload).open({ ...size, seed, ...(cpus === undefined ? {} : { cpus }) });
  }
  const reads = request.reads ?? false;
  if ('trail' in request) return placed(openTrail({ path: request.trail, reads }), request.onCpus);
  const log = await openImport({
    path: request.import,
    reads,
    ...(request.format === undefined ? {} : { format: request.format }),
  });
  return placed(log, cpus);
}

function placed(source: AccessSource, cpus: number | undefined): AccessSource {
  return cpus === undefined ? source : onCpus(source, cpus);
}

/** The file that a source reads; null where it reads none. */
export function inputPath(request: SourceRequest): string | null {
  if ('trail' in request) return request.trail;
  if ('accesses' in request) return request.from;
  return 'import' in request && request.import !== '-' ? request.import : null;
}
