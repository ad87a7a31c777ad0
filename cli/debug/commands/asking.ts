/** Commands that ask about causes: the last change of something, findings. */
import { UsageError } from '../../../base/index.js';
import {
  type Chain,
  type CheckResult,
  check,
  ofFinding,
  parseTarget,
  why as explain,
} from '../../../analyzer/index.js';
import type { Subject } from '../../../replayer/index.js';
import { CARRIERS } from '../../../traces/index.js';
import { count, nanoseconds, wrapped } from '../../format.js';
import { linkLines } from '../../why-text.js';
import { takeSubject } from '../arguments.js';
import type { DebugCommand } from '../command.js';
import type { Session } from '../session.js';
import { PTE_FLAG_WORDS, SUBJECTS } from '../subject.js';
import { cpus, near } from './stopping.js';

/** Findings that are listed. */
const LISTED = 20;

export const last: DebugCommand = {
  name: 'last',
  aliases: [],
  group: 'Looking',
  usage: 'last page PAGE | pte PAGE [BIT]... | tlb CPU PAGE | mark CARRIER PAGE',
  summary: 'the last event, up to here, that touched a page, its entry, a TLB entry or a mark',
  examples: ['last page 0x10', 'last pte 0x10 dirty', 'last tlb 0 0x10', 'last mark bitmap 0x10'],
  complete(session, words) {
    if (words.length === 0) return SUBJECTS;
    if (words.length === 1 && words[0] === 'tlb') return cpus(session);
    if (words.length === 1 && words[0] === 'mark') return CARRIERS;
    if (words.length === (words[0] === 'tlb' || words[0] === 'mark' ? 2 : 1)) return near(session);
    return words[0] === 'pte' ? Object.keys(PTE_FLAG_WORDS) : [];
  },
  run({ session, words, out }) {
    const found = session.history.last(subjectOf(words, session), session.seq);
    if (found === null) {
      out.line('nothing of the kind up to here');
      return;
    }
    const { who, kind, text, timeNs } = session.events.at(found.seq);
    out.line(`${out.style.bold(`seq ${found.seq}`)}  ${nanoseconds(timeNs)}  ${who}  ${out.style.cyan(kind)}  ${text}`);
    const change = found.before === '' ? `now ${found.after}` : `${found.before} -> ${found.after}`;
    // An event that tells both itself needs no second line.
    if (found.before !== found.after && !text.includes(change)) out.line(`  ${change}`);
  },
};

function subjectOf(words: readonly string[], session: Session): Subject {
  const subject = takeSubject(words, session, 'last');
  if (subject !== null) return subject;
  throw new UsageError({
    what: words[0] === undefined ? 'a subject is missing' : `'${words[0]}' has no history`,
    why: `what can be asked about: ${SUBJECTS.join(', ')}`,
    mend: 'for instance last pte 0x10 dirty',
  });
}

export const findings: DebugCommand = {
  name: 'findings',
  aliases: [],
  group: 'Looking',
  usage: 'findings [N]',
  summary: 'what `check` finds in the trail, each with the event to look at; N tells one in full',
  examples: ['findings', 'findings 1'],
  run({ session, words, out }) {
    const { findings: all } = findingsOf(session);
    if (words[0] !== undefined) {
      const finding = all[Number(words[0]) - 1];
      if (finding === undefined) {
        throw new UsageError({
          what: `there is no finding '${words[0]}'`,
          why: all.length === 0 ? 'none was found' : `they are numbered 1 to ${all.length}`,
          mend: 'see `findings`',
        });
      }
      out.line(`${out.style.red(finding.id)} (${finding.severity}, ${finding.certainty})`);
      out.line(wrapped(finding.summary, out.columns, '  '));
      for (const { seq, role } of finding.evidence) out.line(wrapped(`seq ${seq}: ${role}`, out.columns, '  '));
      out.line(wrapped(`cause: ${finding.rootCause}`, out.columns, '  '));
      out.line(wrapped(`fix:   ${finding.fix}`, out.columns, '  '));
      return;
    }
    if (all.length === 0) out.line(out.style.green('nothing was found'));
    all.slice(0, LISTED).forEach(({ id, severity, seq, summary }, index) => {
      out.line(
        `${String(index + 1).padStart(3)}  ${out.style.red(id)} (${severity})${seq === null ? '' : `  seq ${seq}`}`,
      );
      out.line(out.style.dim(wrapped(summary, out.columns, '     ')));
    });
    if (all.length > LISTED) out.line(out.style.dim(`     ... ${count(all.length - LISTED)} more`));
  },
};

export const why: DebugCommand = {
  name: 'why',
  aliases: [],
  group: 'Looking',
  usage: 'why [PAGE | SEQ | FINDING]',
  summary: 'the causes of the event here, of another, of a page as it is here, or of a finding',
  about:
    'A page is 0x-hex, or `page 16`; a decimal number is an event; a finding is lost-write, lost-write:2, or f:3, the third of `findings`. Without ' +
    'any of them the event at the position is explained, and before the first the gravest finding.',
  examples: ['why', 'why 0x10', 'why 12', 'why page 16'],
  complete: (session, words) => [
    ...near(session),
    ...(words.length === 0 ? findingsIn(session).map(({ id }) => id) : []),
  ],
  run({ session, words, out }) {
    const chain = chainOf(words, session);
    if (chain === null) {
      out.line(out.style.green('nothing was found, so there is nothing to explain'));
      return;
    }
    const { about, sentence, links, cause, fix } = chain;
    out.line(out.style.bold(about));
    out.line(wrapped(`${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`, out.columns, '  '));
    for (const line of linkLines(out, links)) out.line(line);
    out.line(wrapped(`cause: ${cause}`, out.columns, '  '));
    if (fix !== null) out.line(wrapped(`fix:   ${fix}`, out.columns, '  '));
  },
};

function chainOf(words: readonly string[], session: Session): Chain | null {
  const { source, seq } = session;
  const text = words.join(' ');
  const target =
    text === ''
      ? parseTarget(seq === 0 ? 'f:1' : `e:${seq}`)
      : parseTarget(/^0x/i.test(text) ? `p:${text}` : /^\d+$/.test(text) ? `e:${text}` : text);
  if (target.kind === 'finding') return ofFinding(source, target, findingsOf(session));
  return explain(source, target, target.kind === 'page' ? { at: { kind: 'seq', seq } } : {});
}

/** The findings, where the trail has been looked through already: nobody waits for that while completing. */
function findingsIn(session: Session): CheckResult['findings'] {
  return RESULTS.get(session)?.findings ?? [];
}

const RESULTS = new WeakMap<Session, CheckResult>();

/** Of the whole trail, looked for once. */
export function findingsOf(session: Session): CheckResult {
  const known = RESULTS.get(session) ?? check(session.source);
  RESULTS.set(session, known);
  return known;
}
