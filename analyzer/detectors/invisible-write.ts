/**
 * Writes that go through no page table (DMA, or the kernel by a mapping of its own) and that the consumer was never told of. Strategies
 * that read marks of page tables cannot see them and do not promise to; whoever makes such writes must mark the page itself.
 */
import { formatPage } from '../../base/index.js';
import { missedPages, uncapturedWrites } from '../collectors/uncaptured-writes.js';
import { counted, evidence, type Finding, ofWhom } from '../finding.js';
import { type Detector, FINDINGS_MAX } from './define.js';
import { discardedFindings } from './discarded.js';

const ID = 'invisible-write';

export const invisibleWrite: Detector = {
  id: ID,
  summary: 'writes by a device or by the kernel that left no mark, so the consumer was never told',
  counts: 'pages',
  collectors: [uncapturedWrites],
  needs: ['write', 'transfer'],
  conclude(about) {
    const { source, results, endsInHarvest, gaps } = about;
    const uncaptured = results.facts(uncapturedWrites);
    const { pages } = missedPages(results.end, uncaptured).invisible;
    // The harvest that is under way, or what the source lost, may have come for them.
    const discarded = uncaptured.discarded.invisible;
    const given = discardedFindings(about, { id: ID, severity: 'high' }, discarded.examples);
    if (pages.length === 0 || endsInHarvest || gaps > 0)
      return { count: discarded.pages, findings: given, total: discarded.pages };
    const { end } = results;
    const firstSeq = (page: number) => uncaptured.firstSeq(end.pages.frame[page]!);
    const worst = [...pages].sort((a, b) => firstSeq(a) - firstSeq(b)).slice(0, FINDINGS_MAX - given.length);
    const describe = (index: number): Finding => {
      const page = end.pages.page[index]!;
      const seq = firstSeq(index);
      const writes = end.generationOf(index) - end.capturedOf(index);
      return {
        id: ID,
        severity: 'high',
        certainty: source.ending === null ? 'possible' : 'proved',
        page,
        cpu: null,
        seq,
        summary: `page ${formatPage(page)}${ofWhom(end, end.pages.space[index]!)}: ${counted(writes, 'write')} around its page table never reached the consumer, the first at seq ${seq}`,
        evidence: evidence({
          seq,
          role: 'the first of them: it has no CPU, and no fault, D or other mark comes of it',
        }),
        rootCause: `these writes went through no page table, and nothing that ${source.meta.strategy ?? 'the consumer'} looks at was marked for them`,
        fix: 'let the writer mark the page when it is done (as set_page_dirty at unpin), treat pages as dirty while a device may write them, or track per frame',
      };
    };
    const count = pages.length + discarded.pages;
    return { count, total: count, findings: [...given, ...worst.map(describe)] };
  },
};
