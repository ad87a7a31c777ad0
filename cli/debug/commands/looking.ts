/** Commands that look at the machine where the session stands: position, events around it, TLBs, entries, marks, stale pages. */
import { formatPage, UsageError } from '../../../base/index.js';
import { carrierNames, type Fold, rawHex, sortedPages, tlbFlagsText, toldBy } from '../../../replayer/index.js';
import {
  CARRIERS,
  MEMORY_KINDS,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_WRITABLE,
  TLB_DIRTY,
  TLB_WRITABLE,
} from '../../../traces/index.js';
import { count, nanoseconds } from '../../format.js';
import { columns, table } from '../../table.js';
import { noMore, parseCount, parsePlace, takeSpace } from '../arguments.js';
import type { DebugCommand } from '../command.js';
import { printLanding } from '../landing.js';
import type { Session } from '../session.js';
import { parseCpu, parsePage } from '../subject.js';
import { cpus, near } from './stopping.js';

/** Rows of each table. */
const ROWS = 20;
/** Events that `list` shows. */
const LISTED = 11;

export const where: DebugCommand = {
  name: 'where',
  aliases: ['when'],
  group: 'Looking',
  usage: 'where',
  summary: 'the position: event, share of the trail, time, epoch, harvest',
  examples: ['where'],
  run({ session, words, out }) {
    noMore(words, 'where');
    const { fold, seq, lastSeq, epoch } = session;
    const share = lastSeq === 0 ? 100 : Math.floor((seq / lastSeq) * 1000) / 10;
    const exact = fold.timeNs < 1000 ? '' : ` (${fold.timeNs} ns)`;
    const harvest = fold.harvesting
      ? `inside harvest ${fold.harvests + 1}`
      : fold.harvests === 0
        ? 'before the first harvest'
        : `after harvest ${fold.harvests}`;
    out.line(`seq ${seq} of ${lastSeq} (${share} %), ${nanoseconds(fold.timeNs)}${exact}, epoch ${epoch}, ${harvest}`);
    out.line(`  the consumer reads ${carrierNames(fold.reads)}`);
    if (seq > 0) printLanding(out, session.landing(), session);
  },
};

export const list: DebugCommand = {
  name: 'list',
  aliases: ['l'],
  group: 'Looking',
  usage: 'list [POSITION] [N]',
  summary: `the ${LISTED} events around the position, or around another`,
  examples: ['list', 'list harvest:2', 'list . 40'],
  run({ session, words, out }) {
    noMore(words.slice(2), 'list [POSITION] [N]');
    const centre = words[0] === undefined || words[0] === '.' ? session.seq : parsePlace(words[0], session);
    const events = Math.min(parseCount(words[1], 'a number of events', LISTED), 1000);
    const from = Math.max(1, Math.min(centre - Math.floor(events / 2), session.lastSeq - events + 1));
    const lines = session.events.between(from, from + events - 1);
    if (lines.length === 0) out.line('no events');
    const width = String(session.lastSeq).length;
    const whoWidth = Math.max(0, ...lines.map(({ who }) => who.length));
    for (const { seq, timeNs, who, kind, text } of lines) {
      const here = seq === session.seq;
      const line = `${here ? '=>' : '  '} ${String(seq).padStart(width)}  ${nanoseconds(timeNs).padStart(7)}  ${who.padEnd(whoWidth)}  ${kind.padEnd(13)} ${text}`;
      out.line((here ? out.style.bold(line) : line).trimEnd());
    }
  },
};

export const tlb: DebugCommand = {
  name: 'tlb',
  aliases: [],
  group: 'Looking',
  usage: 'tlb [CPU] [PAGE]',
  summary: 'what CPUs have cached, and where that permits more than memory does',
  examples: ['tlb', 'tlb 0', 'tlb 0 0x10'],
  complete: (session, words) => (words.length === 0 ? cpus(session) : words.length === 1 ? near(session) : []),
  run({ session, words, out }) {
    noMore(words.slice(2), 'tlb [CPU] [PAGE]');
    const only = words[0] === undefined ? null : parseCpu(words[0]);
    const page = words[1] === undefined ? null : parsePage(words[1]);
    const { fold } = session;
    let shown = 0;
    fold.forTlbs((held, cpu) => {
      if (only !== null && cpu !== only) return;
      const slots = Array.from(held.page, (index, slot) => ({ index, slot }))
        .filter(({ index }) => index >= 0 && (page === null || fold.pages.page[index] === page))
        .sort((a, b) => pageOrder(fold, a.index, b.index));
      if (slots.length === 0) return;
      shown++;
      out.line(out.style.bold(`TLB of ${cpu < 0 ? 'the device' : `CPU ${cpu}`} (${count(slots.length)})`));
      const rows = slots
        .slice(0, ROWS)
        .map(({ index, slot }) => [
          ...spaceCell(session, fold.pages.space[index]!),
          formatPage(fold.pages.page[index]!),
          formatPage(fold.frames.numberOf(held.frame[slot]!)),
          tlbFlagsText(held.flags[slot]!),
          slot,
          held.asid[slot]!,
          out.style.yellow(aheadOfMemory(fold, index, held.flags[slot]!, held.frame[slot]!)),
        ]);
      out.line(
        table(columns(...spaceTitle(session), 'page', 'frame', 'bits', 'slot>', 'asid>', ''), rows, out.style, 2),
      );
      if (slots.length > ROWS)
        out.line(out.style.dim(`  ... ${count(slots.length - ROWS)} more; tlb ${cpu} PAGE shows one of them`));
    });
    if (shown === 0) out.line('no entry');
  },
};

/** What a TLB entry permits that the entry in memory does not; '' for nothing. */
export function aheadOfMemory(fold: Fold, index: number, flags: number, frame: number): string {
  const inMemory = fold.pteFlags(index);
  if ((inMemory & PTE_PRESENT) === 0) return 'stale: no entry in memory';
  const more = [
    ...(flags & TLB_WRITABLE && !(inMemory & PTE_WRITABLE) ? ['W'] : []),
    ...(flags & TLB_DIRTY && !(inMemory & PTE_DIRTY) ? ['D'] : []),
  ];
  if (more.length > 0) return `stale: no ${more.join(' or ')} in memory`;
  return fold.pages.frame[index] !== frame && fold.pages.frame[index] !== 0 ? 'stale: another frame' : '';
}

export const pte: DebugCommand = {
  name: 'pte',
  aliases: [],
  group: 'Looking',
  usage: 'pte PAGE [space=N]',
  summary: 'the entry that governs a page',
  examples: ['pte 0x10'],
  complete: (session) => near(session),
  run({ session, words, out }) {
    const { index, space, page } = known(session, words, 'pte PAGE');
    const { fold } = session;
    const entry = fold.governing(index);
    const low = fold.pages.pteLow[entry]!;
    const high = fold.pages.pteHigh[entry]!;
    const at = entry === index ? '' : `, huge, at ${formatPage(fold.pages.page[entry]!)}`;
    out.line(
      `page ${formatPage(page)}${ofSpace(session, space)}: ${rawHex(low, high)}  ${fold.layoutOf(space).describe(low, high)}${at}`,
    );
  },
};

export const marks: DebugCommand = {
  name: 'marks',
  aliases: [],
  group: 'Looking',
  usage: 'marks',
  summary: 'where dirtiness is remembered, by carrier, entries included',
  examples: ['marks'],
  run({ session, words, out }) {
    noMore(words, 'marks');
    const { fold } = session;
    const order = sortedPages(fold);
    let shown = 0;
    CARRIERS.forEach((carrier, code) => {
      const bit = 1 << code;
      const pages = [...order].filter(
        (index) => (fold.pages.marks[index]! | fold.carriersOf(index, fold.reads & ENTRY_READ)) & bit,
      );
      if (pages.length === 0) return;
      shown++;
      const isRead = (fold.reads & bit) !== 0;
      out.line(
        `${out.style.bold(carrier)} (${count(pages.length)})${isRead ? '' : ', which the consumer does not read'}`,
      );
      out.line(`  ${ranges(pages.map((index) => fold.pages.page[index]!))}`);
    });
    if (shown === 0) out.line('no marks');
  },
};

/** Carriers that are read from entries and contents, not set by marks. `mapped` says nothing that `page` does not. */
const ENTRY_READ = ['pte-dirty', 'soft-dirty', 'uffd-wp'].reduce(
  (mask, carrier) => mask | (1 << CARRIERS.indexOf(carrier as (typeof CARRIERS)[number])),
  0,
);

export const stale: DebugCommand = {
  name: 'stale',
  aliases: [],
  group: 'Looking',
  usage: 'stale',
  summary: 'pages whose writes the consumer has not read, and what will tell it of them',
  examples: ['stale'],
  run({ session, words, out }) {
    noMore(words, 'stale');
    const { fold } = session;
    const pages = [...sortedPages(fold)].filter(
      (index) => fold.isStale(index) && fold.spaces.hasConsumer(fold.pages.space[index]!),
    );
    if (pages.length === 0) {
      out.line(out.style.green('no stale pages'));
      return;
    }
    const untold = pages.filter((index) => !fold.isMarked(index));
    out.line(
      `${out.style.bold(`stale pages (${count(pages.length)})`)}${untold.length === 0 ? '' : `, ${out.style.red(`nothing tells of ${count(untold.length)} of them`)}`}`,
    );
    // Those that nobody will hear of come first.
    const rows = [...untold, ...pages.filter((index) => fold.isMarked(index))]
      .slice(0, ROWS)
      .map((index) => [
        ...spaceCell(session, fold.pages.space[index]!),
        formatPage(fold.pages.page[index]!),
        count(fold.generationOf(index)),
        count(fold.capturedOf(index)),
        fold.isMarked(index) ? toldBy(fold, index) : out.style.red(toldBy(fold, index)),
      ]);
    out.line(table(columns(...spaceTitle(session), 'page', 'generation>', 'captured>', 'told by'), rows, out.style, 2));
    if (pages.length > ROWS) out.line(out.style.dim(`  ... ${count(pages.length - ROWS)} more`));
  },
};

export const page: DebugCommand = {
  name: 'page',
  aliases: ['p'],
  group: 'Looking',
  usage: 'page PAGE [space=N]',
  summary: 'all about one page: frame, entry, writes, marks, TLB entries',
  examples: ['page 0x10'],
  complete: (session) => near(session),
  run({ session, words, out }) {
    const { index, space, page: number } = known(session, words, 'page PAGE');
    out.line(out.style.bold(`page ${formatPage(number)}${ofSpace(session, space)}`));
    for (const [name, text] of pageFacts(session, index)) out.line(`  ${name.padEnd(9)} ${text}`);
  },
};

/** What there is to say of a page, as rows of a name and a text. */
export function pageFacts({ fold }: Session, index: number): Array<readonly [name: string, text: string]> {
  const { pages, frames } = fold;
  const frame = pages.frame[index]!;
  const entry = fold.governing(index);
  const others: string[] = [];
  for (let on = fold.mappings.firstOf(frame); frame !== 0 && on >= 0; on = fold.mappings.nextOf(on))
    if (on !== index) others.push(`${formatPage(pages.page[on]!)} of space ${pages.space[on]}`);
  const facts: Array<readonly [string, string]> = [
    [
      'frame',
      frame === 0
        ? 'none'
        : `${formatPage(frames.numberOf(frame))} (${MEMORY_KINDS[frames.memory[frame]!] ?? '?'})${others.length === 0 ? '' : `, also of ${others.join(', ')}`}`,
    ],
    [
      'entry',
      `${rawHex(pages.pteLow[entry]!, pages.pteHigh[entry]!)}  ${fold.layoutOf(pages.space[index]!).describe(pages.pteLow[entry]!, pages.pteHigh[entry]!)}`,
    ],
    [
      'writes',
      `${count(fold.generationOf(index))}, of which the consumer has ${count(fold.capturedOf(index))}${fold.isStale(index) ? ': stale' : ''}`,
    ],
    ['marks', carrierNames(pages.marks[index]!)],
    ['told by', toldBy(fold, index)],
  ];
  fold.forTlbs((held, cpu) => {
    const slot = held.translation(pages, index);
    if (slot < 0) return;
    const ahead = aheadOfMemory(fold, index, held.flags[slot]!, fold.frameOfWrite(cpu, index));
    facts.push([
      cpu < 0 ? 'device' : `cpu ${cpu}`,
      `TLB slot ${slot}, ${tlbFlagsText(held.flags[slot]!)}${ahead === '' ? '' : `, ${ahead}`}`,
    ]);
  });
  return facts;
}

/** The page that words name, which the trail must have spoken of. */
function known(
  session: Session,
  given: readonly string[],
  usage: string,
): { readonly index: number; readonly space: number; readonly page: number } {
  const words = [...given];
  const spaceOf = takeSpace(words, session);
  const number = parsePage(words[0]);
  const space = spaceOf(number);
  noMore(words.slice(1), usage);
  const index = session.fold.pages.find(space, number);
  if (index >= 0) return { index, space, page: number };
  throw new UsageError({
    what: `the trail has not spoken of page ${formatPage(number)}${ofSpace(session, space)} up to here`,
    why: 'a page is known from the first event about it',
    mend: '`list` shows pages that are spoken of here; a later position may know it',
  });
}

function pageOrder({ pages }: Fold, a: number, b: number): number {
  return pages.space[a]! - pages.space[b]! || pages.page[a]! - pages.page[b]!;
}

function spaceTitle({ meta }: Session): string[] {
  return meta.spaces.length > 1 ? ['space>'] : [];
}

function spaceCell({ meta }: Session, space: number): number[] {
  return meta.spaces.length > 1 ? [space] : [];
}

function ofSpace({ meta }: Session, space: number): string {
  return meta.spaces.length > 1 ? ` of space ${space}` : '';
}

/** `0x10 0x20..0x2f`, with a limit on how many. */
function ranges(pages: readonly number[]): string {
  const found: Array<[number, number]> = [];
  for (const number of pages) {
    const last = found.at(-1);
    if (last !== undefined && last[1] === number - 1) last[1] = number;
    else found.push([number, number]);
  }
  const shown = found
    .slice(0, ROWS)
    .map(([first, last]) => (first === last ? formatPage(first) : `${formatPage(first)}..${formatPage(last)}`));
  return `${shown.join(' ')}${found.length > ROWS ? ` ... and ${count(found.length - ROWS)} more ranges` : ''}`;
}
