/**
 * Writes to a frame that is not, or is not going to be, that of their page: by then it may be anybody's, and whoever reads the page never sees
 * them. A copy that takes a frame's place must hold all that was written, so nobody may write between the reading and the exchange.
 */
import { formatPage } from '../../base/index.js';
import { type DisplacedWrite, displacedWrites } from '../collectors/displaced-writes.js';
import { counted, evidence, type Finding, ofWhom } from '../finding.js';
import { type Detector, FINDINGS_MAX } from './define.js';

const ID = 'wrong-frame-write';

export const wrongFrameWrite: Detector = {
  id: ID,
  summary: 'writes to a frame that their page has left, or to one whose copy had been made already',
  counts: 'writes',
  collectors: [displacedWrites],
  needs: ['write', 'tlb-fill', 'flush-ack', 'frame-move'],
  conclude({ results }) {
    const { writes, pages, examples } = results.facts(displacedWrites);
    const describe = (write: DisplacedWrite): Finding => {
      const { page, cpu, seq } = write;
      const whose = `page ${formatPage(page)}${ofWhom(results.end, write.space)}`;
      return {
        id: ID,
        severity: 'critical',
        certainty: 'proved',
        page,
        cpu: cpu < 0 ? null : cpu,
        seq,
        ...(write.read === null ? late(write, whose) : missed(write, write.read, whose)),
      };
    };
    return { count: writes, findings: examples.slice(0, FINDINGS_MAX).map(describe), total: pages };
  },
};

type Words = Pick<Finding, 'summary' | 'evidence' | 'rootCause' | 'fix'>;

/** The page had left the frame. */
function late({ seq, cpu, writes, movedSeq, hasFrame }: DisplacedWrite, whose: string): Words {
  const who = cpu < 0 ? 'a device' : `cpu ${cpu}`;
  const left = hasFrame ? 'another frame had taken its place' : 'its frame had been given up';
  return {
    summary: `${whose}: ${counted(writes, 'write')} by ${who} to a frame that is no longer its own, the first at seq ${seq}`,
    evidence: evidence(
      { seq: movedSeq, role: hasFrame ? 'the page got another frame' : 'the frame of the page was given up' },
      { seq, role: `the first write through a translation to the frame before, which ${who} kept` },
    ),
    rootCause: `missing flush: ${who} kept a translation to the frame that the page left at seq ${movedSeq}; it wrote there after ${left}`,
    fix: 'flush the page on every CPU that may cache it after its entry was taken out, and wait for it, before its frame is replaced or given up',
  };
}

/** The contents had been read, and the frame was left for the copy after the write. */
function missed({ seq, cpu, writes, movedSeq }: DisplacedWrite, read: { readonly seq: number }, whose: string): Words {
  const who = cpu < 0 ? 'around the page table' : `on cpu ${cpu}`;
  return {
    summary: `${whose}: the frame that took its place at seq ${movedSeq} misses ${counted(writes, 'write')}, the first at seq ${seq} ${who}`,
    evidence: evidence(
      { seq: read.seq, role: 'the contents were read from here on' },
      { seq, role: 'the first write after that' },
      { seq: movedSeq, role: 'the other frame took the place of the one written' },
    ),
    rootCause: `read too early: the contents were read at seq ${read.seq}, while the page could still be written; the frame was replaced at seq ${movedSeq} all the same`,
    fix: 'take the right to write from every entry, flush, and only then read the contents; or look once more whether they changed before the frame is replaced',
  };
}
