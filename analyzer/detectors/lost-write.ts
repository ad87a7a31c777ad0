/**
 * Lost writes: at the end of the trail a frame holds writes that the consumer never captured, and no carrier that it reads is set for
 * the page, so it never will; or the frame was given up with them. Writes that go through no page table are another matter: see `invisible-write.ts`. A trail that ends inside a harvest, or that has gaps, cannot settle this and is not accused; one without an
 * ending was cut between two events, so a fault handler may have been about to set the mark.
 */
import { formatPage } from '../../base/index.js';
import { missedPages, uncapturedWrites } from '../collectors/uncaptured-writes.js';
import { type Certainty, counted, evidence, type Finding, ofWhom } from '../finding.js';
import { explainLoss } from '../loss-causes.js';
import type { PageStory, UncapturedWrite } from '../story.js';
import { type Case, type Detector, FINDINGS_MAX } from './define.js';
import { discardedFindings } from './discarded.js';

const ID = 'lost-write';

export const lostWrite: Detector = {
  id: ID,
  summary: 'writes that the consumer never captured and never will: no carrier that it reads is set for their page',
  counts: 'pages',
  collectors: [uncapturedWrites],
  needs: ['write', 'transfer', 'pte', 'tlb-fill', 'flush-ack'],
  conclude(about) {
    const { end } = about.results;
    const writes = about.results.facts(uncapturedWrites);
    const { lost } = missedPages(end, writes);
    const discarded = writes.discarded.lost;
    const given = discardedFindings(about, { id: ID, severity: 'critical' }, discarded.examples);
    if (lost.pages.length === 0 || about.endsInHarvest || about.gaps > 0) {
      const open = lost.pages.length === 0 ? [] : [undecidable(about, lost.pages.length, lost.writes)];
      return { count: discarded.pages, findings: [...given, ...open], total: discarded.pages + open.length };
    }
    const firstSeq = (page: number) => writes.firstSeq(end.pages.frame[page]!);
    const shown = [...lost.pages].sort((a, b) => firstSeq(a) - firstSeq(b)).slice(0, FINDINGS_MAX - given.length);
    const stories = about.stories(
      shown.map((index) => ({ space: end.pages.space[index]!, page: end.pages.page[index]! })),
    );
    const certainty = about.source.ending === null ? 'possible' : 'proved';
    const count = lost.pages.length + discarded.pages;
    const atEnd = shown.map((index, i) =>
      describe(
        stories[i]!,
        ofWhom(end, stories[i]!.space),
        end.generationOf(index) - end.capturedOf(index),
        firstSeq(index),
        certainty,
      ),
    );
    return { count, total: count, findings: [...given, ...atEnd] };
  },
};

/** @param firstSeq the first uncaptured write, which reached the frame through a page that left it where the story has none */
function describe(
  story: PageStory,
  whose: string,
  lostWrites: number,
  firstSeq: number,
  certainty: Certainty,
): Finding {
  const page = formatPage(story.page) + whose;
  const { write } = story;
  const common = { id: ID, severity: 'critical', certainty, page: story.page } as const;
  const summary = `page ${page}: ${counted(lostWrites, 'write')} never reached the consumer`;
  if (write === null) {
    return {
      ...common,
      cpu: null,
      seq: firstSeq,
      summary,
      evidence: evidence({
        seq: firstSeq,
        role: 'the first write that no transfer captured, to the same frame through another page',
      }),
      rootCause:
        'the frame was written through another page that maps it, or through a TLB entry that named it wrongly, and no mark was left for this page',
      fix: 'collect and flush by every address at which the frame is mapped',
    };
  }
  const { cause, rootCause, fix } = explainLoss(story, write);
  return {
    ...common,
    cpu: write.cpu < 0 ? null : write.cpu,
    seq: write.seq,
    summary: `${summary}, the first at seq ${write.seq} ${by(write)}`,
    evidence: trace(story, write),
    cause,
    rootCause,
    fix,
  };
}

/** Who wrote. */
function by({ cpu }: UncapturedWrite): string {
  return cpu < 0 ? 'by a device' : `on cpu ${cpu}`;
}

function trace(story: PageStory, write: UncapturedWrite) {
  const { transfer, carrierCleared, clearedAfter, restrictionAfter, ackAfter } = story;
  const cleared = clearedAfter ?? carrierCleared;
  const { restriction } = write;
  const noReturnSeq = Math.max(write.seq, carrierCleared?.seq ?? 0);
  return evidence(
    write.entry && { seq: write.entry.fillSeq, role: 'filled the TLB entry that the write went through' },
    restriction && { seq: restriction.seq, role: 'took D, W or presence from the in-memory entry, before the write' },
    write.ackBefore && { seq: write.ackBefore.seq, role: 'the last flush of the page on that CPU before the write' },
    transfer && {
      seq: transfer.seq,
      role:
        story.oldBytes === null
          ? 'the last transfer of the page: it read the bytes as they were before the write'
          : 'the last transfer of the page: it read memory, while the write was in CPU caches',
    },
    cleared && { seq: cleared.seq, role: 'cleared the last carrier that the consumer reads' },
    { seq: write.seq, role: 'the first write that no transfer captured' },
    story.moveAfter && { seq: story.moveAfter.seq, role: 'the contents moved to another frame' },
    restrictionAfter && {
      seq: restrictionAfter.seq,
      role: 'the first restriction of the in-memory entry after the write',
    },
    ackAfter && { seq: ackAfter.seq, role: 'the first flush of the page on that CPU after the write' },
    { seq: noReturnSeq, role: 'the point of no return: from here on nothing tells the consumer of the write' },
  );
}

function undecidable(about: Case, pages: number, writes: number): Finding {
  const why =
    about.gaps > 0
      ? `the source lost events (${counted(about.gaps, 'gap')}), and what marked them may be among those`
      : 'the trail ends inside a harvest, which may still have come for them';
  return {
    id: ID,
    severity: 'low',
    certainty: 'undecidable',
    page: null,
    cpu: null,
    seq: about.results.end.seq,
    summary: `${counted(pages, 'page')} with ${counted(writes, 'uncaptured write')} and no mark at the end; whether they are lost cannot be told`,
    evidence: evidence({ seq: about.results.end.seq, role: 'the end of the trail' }),
    rootCause: why,
    fix: about.gaps > 0 ? 'record again with a larger buffer, or fewer events' : 'record to the end of a harvest',
  };
}
