/** What one detector says of a drawn trail, for tests. */
import { drawn, type DrawnOptions } from '../../replayer/testing/drawn.js';
import { check, type CheckOptions } from '../check.js';
import type { Finding } from '../finding.js';

export interface Found {
  readonly count: number;
  readonly found: readonly Finding[];
}

export function findingsOf(id: string, text: string, options: DrawnOptions = {}, how: CheckOptions = {}): Found {
  const { counts, findings } = check(drawn(text, options), how);
  return { count: counts[id]!, found: findings.filter((finding) => finding.id === id) };
}

/** The events of a finding's evidence. */
export const seqsOf = (finding: Finding | undefined): number[] | undefined => finding?.evidence.map(({ seq }) => seq);
