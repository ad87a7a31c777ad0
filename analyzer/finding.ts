/** What a detector says: a finding with its evidence, and the rules by which findings become a verdict. */

import type { Fold } from '../replayer/index.js';
import type { LossCause } from './explanation.js';

/** From worst to least. `low` and `info` are waste and notes. */
export const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** `undecidable`: the trail lacks the events that would settle it. */
export type Certainty = 'proved' | 'possible' | 'undecidable';

/** An event that a reader should look at. */
export interface Evidence {
  readonly seq: number;
  /** What the event has to do with the finding. */
  readonly role: string;
}

export interface Finding {
  /** Detector id. */
  readonly id: string;
  readonly severity: Severity;
  readonly certainty: Certainty;
  /** The page, where the finding is about one. */
  readonly page: number | null;
  readonly cpu: number | null;
  /** The event to look at first. */
  readonly seq: number | null;
  readonly summary: string;
  /** In order of seq. */
  readonly evidence: readonly Evidence[];
  /** The class of the cause, as a word; only where the detector tells classes apart. */
  readonly cause?: LossCause;
  readonly rootCause: string;
  readonly fix: string;
}

export type Verdict = 'ok' | 'findings';

/** `findings` if there is one of critical or high severity; with `strict`, one above info. */
export function verdictOf(findings: readonly Finding[], strict = false): Verdict {
  const worst = strict ? SEVERITIES.indexOf('low') : SEVERITIES.indexOf('high');
  return findings.some(({ severity }) => SEVERITIES.indexOf(severity) <= worst) ? 'findings' : 'ok';
}

/** Evidence in order of seq: an event with several roles once, and none that does not exist (seq 0). */
export function evidence(...items: ReadonlyArray<Evidence | null>): Evidence[] {
  const roles = new Map<number, string[]>();
  for (const item of items) {
    if (item !== null && item.seq > 0) roles.set(item.seq, [...(roles.get(item.seq) ?? []), item.role]);
  }
  return [...roles].sort((a, b) => a[0] - b[0]).map(([seq, said]) => ({ seq, role: said.join('; ') }));
}

/** Whose page it is, after its number, where a trail has a guest and its host: " of the guest". */
export function ofWhom({ spaces }: Fold, space: number): string {
  if (spaces.secondStage < 0) return '';
  return space === spaces.secondStage ? ' of the host' : ' of the guest';
}

/** "1 page", "2 pages", "3 TLB entries". */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** "12 %", "0.4 %". */
export function percent(part: number, whole: number): string {
  const share = whole === 0 ? 0 : (100 * part) / whole;
  return `${share >= 10 ? share.toFixed(0) : share.toPrecision(1)} %`;
}
