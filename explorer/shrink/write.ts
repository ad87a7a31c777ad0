/** A shrunk program as a trail: recorded as every other is, so that whatever is asked of trails can be asked of it. */
import { basename } from 'node:path';
import { record, type RecordResult } from '../../recorder/index.js';
import { AccessKind } from '../../simulator/index.js';
import type { SourceMeta, TrailReader } from '../../traces/index.js';
import { type Program, sourceOf } from './steps.js';

export interface Origin {
  readonly finding: string;
  readonly cause: string;
  /** Accesses of the recording. */
  readonly accesses: number;
}

/**
 * Records the program.
 * @param trail the recording that it was shrunk from, which must not be overwritten
 * @throws InputError when the output cannot be written; UsageError when it is the recording itself
 */
export function writeShrunk(
  { machine, steps }: Program,
  origin: Origin,
  trail: Pick<TrailReader, 'path' | 'meta'>,
  output: string,
): Promise<RecordResult> {
  const { kind, name, parameters } = trail.meta.source;
  const meta: SourceMeta = {
    kind: 'shrink',
    name: basename(trail.path),
    programTime: 'given',
    reads: steps.some((step) => step.kind === AccessKind.load),
    parameters: { of: typeof parameters['of'] === 'string' ? parameters['of'] : `${kind}:${name}`, ...origin },
  };
  return record({ ...machine, output, source: { accesses: sourceOf(steps, meta), from: trail.path } });
}
