/** The view `findings`: what `check` finds, as rows. */
import { exact, type Cell, type ViewDefinition } from '../../traces/index.js';
import { check } from '../check.js';
import { oncePerTrail } from './once.js';

const answer = oncePerTrail((trail) => check(trail));
const exactOrNull = (value: number | null): Cell => (value === null ? null : exact(value));

export const findings: ViewDefinition = {
  name: 'findings',
  about: 'What the detectors find, the gravest first, as `pagetrail check` lists it.',
  columns: [
    { name: 'detector', unit: 'text', about: 'detector id' },
    { name: 'severity', unit: 'text', about: 'critical, high, medium, low or info' },
    { name: 'certainty', unit: 'text', about: 'proved, possible or undecidable' },
    { name: 'page', unit: 'page', about: 'page number; NULL where it is about no single page' },
    { name: 'cpu', unit: 'cpu', about: 'CPU; NULL where it is about none' },
    { name: 'seq', unit: 'position', about: 'the event to look at first' },
    { name: 'summary', unit: 'text', about: 'what was found' },
    { name: 'evidence', unit: 'JSON text', about: 'the events that show it: [{seq, role}]' },
    { name: 'root_cause', unit: 'text', about: 'why it happened' },
    { name: 'fix', unit: 'text', about: 'the nearest fix' },
  ],
  example: "SELECT severity, page, root_cause FROM findings WHERE detector = 'lost-write'",
  *rows({ trail }): Generator<Cell[]> {
    for (const { id, severity, certainty, page, cpu, seq, summary, evidence, rootCause, fix } of answer(trail)
      .findings) {
      yield [
        id,
        severity,
        certainty,
        exactOrNull(page),
        cpu,
        exactOrNull(seq),
        summary,
        JSON.stringify(evidence),
        rootCause,
        fix,
      ];
    }
  },
};
