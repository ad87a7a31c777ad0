/** Work that was for nothing: one finding for all of it, with its share, since no single instance is worth one. */
import { evidence, type Finding } from '../finding.js';
import type { Conclusion } from './define.js';

interface Instance {
  /** Below 0: none. */
  readonly page: number;
  readonly cpu: number;
  readonly seq: number;
}

interface Excess<Example extends Instance> {
  readonly id: string;
  /** Of all of it, not of the examples alone. */
  readonly count: number;
  readonly examples: readonly Example[];
  /** What an example did, for the evidence. */
  readonly role: (example: Example) => string;
  readonly words: Pick<Finding, 'summary' | 'rootCause' | 'fix'>;
}

export function excessConclusion<Example extends Instance>({
  id,
  count,
  examples,
  role,
  words: { summary, rootCause, fix },
}: Excess<Example>): Conclusion {
  const first = examples[0];
  if (first === undefined) return { count: 0, findings: [] };
  const { page, cpu, seq } = first;
  return {
    count,
    findings: [
      {
        id,
        severity: 'info',
        certainty: 'proved',
        page: page < 0 ? null : page,
        cpu: cpu < 0 ? null : cpu,
        seq,
        summary,
        evidence: evidence(...examples.map((example) => ({ seq: example.seq, role: role(example) }))),
        rootCause,
        fix,
      },
    ],
  };
}
