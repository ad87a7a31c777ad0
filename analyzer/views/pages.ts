/** The view `pages`: what happened to each page, and how it ended. */
import {
  CARRIERS,
  exact,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_WRITABLE,
  type Cell,
  type ViewDefinition,
} from '../../traces/index.js';
import { rawHex, type Fold } from '../../replayer/index.js';
import { pageTallies, type PageTally } from '../collectors/page-tallies.js';
import { runPass } from '../pass.js';
import { oncePerTrail } from './once.js';

const tally = oncePerTrail((trail) => runPass(trail, [pageTallies]).facts(pageTallies));

export const pages: ViewDefinition = {
  name: 'pages',
  about:
    'One row per page that the trail speaks of: what happened to it over the whole trail, and its state at the end.',
  columns: [
    { name: 'space', unit: 'space', about: 'address space, 0 where there is only one' },
    { name: 'page', unit: 'page', about: 'page number (address / 4096)' },
    { name: 'frame', unit: 'frame', about: 'frame behind it at the end; NULL where it is not mapped' },
    { name: 'memory', unit: 'text', about: 'what the frame is: system or device; NULL where it is not mapped' },
    { name: 'writes', unit: 'count', about: 'writes through this page' },
    { name: 'first_write_seq', unit: 'position', about: 'its first write; NULL where there was none' },
    { name: 'last_write_seq', unit: 'position', about: 'its last write; NULL where there was none' },
    { name: 'faults', unit: 'count', about: 'faults on it' },
    { name: 'tlb_fills', unit: 'count', about: 'TLB entries filled for it' },
    { name: 'pte_changes', unit: 'count', about: 'changes of its in-memory entry' },
    { name: 'reports', unit: 'count', about: 'times it was reported' },
    { name: 'false_reports', unit: 'count', about: 'times it was reported with nothing new' },
    { name: 'transfers', unit: 'count', about: 'times its bytes were transferred' },
    { name: 'generation', unit: 'count', about: 'writes its frame has seen; NULL where it is not mapped' },
    { name: 'captured', unit: 'count', about: 'the generation that the consumer has; NULL where it is not mapped' },
    { name: 'present', unit: 'flag', about: 'its entry at the end is present' },
    { name: 'writable', unit: 'flag', about: 'its entry at the end permits writes' },
    { name: 'dirty', unit: 'flag', about: 'its entry at the end has D' },
    { name: 'raw', unit: '0x-hex text', about: 'the raw entry at the end' },
    { name: 'marks', unit: 'text', about: 'carriers marked for it at the end, with commas between them' },
    { name: 'stale', unit: 'flag', about: 'its frame holds writes that the consumer lacks' },
    { name: 'lost', unit: 'flag', about: 'stale, and no carrier that the consumer reads is set' },
  ],
  example: 'SELECT page, writes, false_reports FROM pages ORDER BY writes DESC LIMIT 5',
  *rows({ trail }): Generator<Cell[]> {
    const { end, pages: rows } = tally(trail);
    for (const row of rows()) yield [...historyOf(row, end), ...endOf(row.index, end)];
  },
};

function historyOf({ space, page, index, memory, counts, firstWriteSeq, lastWriteSeq }: PageTally, end: Fold): Cell[] {
  const mapped = index >= 0 && end.isMapped(index);
  return [
    space,
    exact(page),
    mapped ? exact(end.frames.numberOf(end.pages.frame[index]!)) : null,
    memory,
    exact(counts.writes),
    firstWriteSeq === 0 ? null : exact(firstWriteSeq),
    lastWriteSeq === 0 ? null : exact(lastWriteSeq),
    exact(counts.faults),
    exact(counts.tlbFills),
    exact(counts.pteChanges),
    exact(counts.reports),
    exact(counts.falseReports),
    exact(counts.transfers),
    mapped ? exact(end.generationOf(index)) : null,
    mapped ? exact(end.capturedOf(index)) : null,
  ];
}

function endOf(index: number, end: Fold): Cell[] {
  if (index < 0) return [0, 0, 0, '0x0', '', 0, 0];
  const flags = end.pteFlags(index);
  const marks = CARRIERS.filter((_, code) => end.pages.marks[index]! & (1 << code));
  const stale = end.isStale(index);
  return [
    flags & PTE_PRESENT ? 1 : 0,
    flags & PTE_WRITABLE ? 1 : 0,
    flags & PTE_DIRTY ? 1 : 0,
    rawHex(end.pages.pteLow[index]!, end.pages.pteHigh[index]!),
    marks.join(','),
    stale ? 1 : 0,
    stale && !end.isMarked(index) ? 1 : 0,
  ];
}
