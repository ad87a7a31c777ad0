/**
 * Draws the full screen: where we are, the pages as a map, what CPUs have cached, the selected page, the events around the position. Pure: a
 * model and a size make a frame, which is why tests can look at it as text.
 *
 *     header, and how far along the trail
 *     pages            | TLBs
 *                      | selected page
 *     ---------------- events ----------------
 *     what changed; keys, or what is typed
 */
import { formatPage } from '../../../base/index.js';
import type { Fold } from '../../../replayer/index.js';
import { tlbFlagsText, touches } from '../../../replayer/index.js';
import { count, nanoseconds } from '../../format.js';
import { BOLD, type Cells, DIM, fg, PLAIN, REVERSE, type StyleCode } from '../../screen/index.js';
import { aheadOfMemory, pageFacts } from '../commands/looking.js';
import { effectLines } from '../landing.js';
import type { ScreenModel, SelectedPage } from './model.js';
import { heat, legend, mostWrites, standing, STANDINGS } from './pages.js';

const LEAST_WIDTH = 50;
const LEAST_HEIGHT = 14;
const WARNING = fg(214);
const TITLE = BOLD;

interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export function draw(model: ScreenModel, cells: Cells): void {
  const { width, height } = cells;
  if (width < LEAST_WIDTH || height < LEAST_HEIGHT) {
    cells.put(0, 0, `the terminal is ${width} x ${height};`);
    cells.put(0, 1, `${LEAST_WIDTH} x ${LEAST_HEIGHT} is the least`);
    return;
  }
  drawHeader(model, cells);
  const events = Math.max(5, Math.floor((height - 6) * 0.4));
  const top = { y: 2, height: height - 5 - events };
  const left = Math.floor(width * 0.5);
  drawPages(model, cells, { x: 0, ...top, width: left - 1 });
  for (let y = top.y; y < top.y + top.height; y++) cells.put(left - 1, y, '│', DIM);
  drawRight(model, cells, { x: left + 1, ...top, width: width - left - 1 });
  drawEvents(model, cells, { x: 0, y: top.y + top.height, width, height: events + 1 });
  drawChanges(model, cells, height - 2);
  drawFooter(model, cells, height - 1);
  if (model.help) drawBox(cells, 'keys', HELP);
  else if (model.said.length > 0)
    model.saidRoom = drawBox(cells, 'space turns over, any other key goes on', model.said);
}

function drawHeader({ session, landing }: ScreenModel, cells: Cells): void {
  const { seq, lastSeq, fold } = session;
  const share = lastSeq === 0 ? 100 : (seq / lastSeq) * 100;
  const name = session.path?.split('/').at(-1) ?? 'a trail in memory';
  const where = `${name}   at ${seq} of ${lastSeq}   ${nanoseconds(fold.timeNs)}   epoch ${landing.epoch}${fold.harvesting ? ', in a harvest' : ''}`;
  cells.tint(0, 0, cells.width, REVERSE);
  cells.put(1, 0, where, REVERSE | BOLD, cells.width - 10);
  cells.put(cells.width - 8, 0, `${share.toFixed(1).padStart(5)} %`, REVERSE);
  const marker = Math.min(cells.width - 1, Math.floor((share / 100) * cells.width));
  cells.put(0, 1, '─'.repeat(cells.width), DIM);
  cells.put(0, 1, '━'.repeat(marker), fg(39));
  for (const bookmark of bookmarksOf(session)) {
    if (lastSeq > 0)
      cells.put(Math.min(cells.width - 1, Math.floor((bookmark / lastSeq) * cells.width)), 1, '┴', fg(141));
  }
  cells.put(marker, 1, '█', fg(39));
}

/** Where bookmarks are; none where they cannot be read, which the command `bookmarks` tells. */
function bookmarksOf(session: ScreenModel['session']): number[] {
  try {
    return session.bookmarks.all.map(({ seq }) => seq);
  } catch {
    return [];
  }
}

function drawPages(model: ScreenModel, cells: Cells, { x, y, width, height }: Area): void {
  const { fold } = model.session;
  const several = model.session.meta.spaces.length > 1;
  const columns = [64, 32, 16, 8].find((wanted) => wanted + LABEL + 1 <= width) ?? 8;
  const rows = model.rows(columns);
  const most = model.byHeat ? mostWrites(fold) : 0;
  const title = `pages, ${model.byHeat ? 'by writes' : 'as they stand'}`;
  cells.put(x, y, title, TITLE);
  const legendRows = drawLegend(model, cells, { x, y: y + height - 2, width, height: 2 });
  const room = height - 1 - legendRows;
  const { selected } = model;
  const at = rows.findIndex(
    ({ space, first }) =>
      selected !== null && space === selected.space && selected.page >= first && selected.page < first + columns,
  );
  const from = Math.max(0, Math.min(at - Math.floor(room / 2), rows.length - room));
  if (rows.length === 0) cells.put(x, y + 1, 'none yet', DIM);
  rows.slice(from, from + room).forEach(({ space, first, pages }, line) => {
    const label = `${several ? `${space}:` : ''}${formatPage(first)}`;
    cells.put(x, y + 1 + line, label.padStart(LABEL - 1).slice(-(LABEL - 1)), DIM);
    pages.forEach((index, column) => {
      if (index < 0) return;
      const { glyph, style } = model.byHeat ? heat(fold, index, most) : standing(fold, index);
      const isSelected = selected !== null && selected.space === space && selected.page === first + column;
      cells.put(x + LABEL + column, y + 1 + line, glyph, isSelected ? style | REVERSE | BOLD : style);
    });
  });
  if (rows.length > room)
    cells.put(x + title.length + 1, y, `rows ${from + 1}-${Math.min(from + room, rows.length)} of ${rows.length}`, DIM);
}

/** Columns for the number of the first page of a row, and a space. */
const LABEL = 13;

/** Returns the rows that it took. */
function drawLegend(model: ScreenModel, cells: Cells, { x, y, width }: Area): number {
  let column = x;
  let line = 0;
  for (const { glyph, style, about } of legend(model.byHeat)) {
    if (column + about.length + 4 > x + width) {
      line++;
      column = x;
    }
    if (line > 1) break;
    cells.put(column, y + line, glyph, style);
    column = cells.put(column + 2, y + line, about, DIM, Math.max(0, x + width - column - 2)) + 2;
  }
  return 2;
}

function drawRight(model: ScreenModel, cells: Cells, area: Area): void {
  const facts = model.selectedIndex < 0 ? [] : pageFacts(model.session, model.selectedIndex);
  const factsHeight = Math.min(Math.max(2, facts.length + 1), Math.floor(area.height * 0.6));
  drawTlbs(model, cells, { ...area, height: area.height - factsHeight });
  const y = area.y + area.height - factsHeight;
  const { selected } = model;
  const several = model.session.meta.spaces.length > 1;
  const name =
    selected === null
      ? 'no page selected'
      : `page ${formatPage(selected.page)}${several ? ` of space ${selected.space}` : ''}`;
  cells.put(area.x, y, name, TITLE, area.width);
  if (selected !== null && facts.length === 0) cells.put(area.x, y + 1, 'not spoken of up to here', DIM, area.width);
  facts.slice(0, factsHeight - 1).forEach(([title, text], line) => {
    cells.put(area.x, y + 1 + line, title, DIM, area.width);
    const alarming = text.includes('stale') || text === 'nothing';
    cells.put(
      area.x + 10,
      y + 1 + line,
      text,
      alarming && model.session.fold.isStale(model.selectedIndex) ? WARNING : PLAIN,
      area.width - 10,
    );
  });
}

interface Held {
  readonly text: string;
  readonly style: StyleCode;
  readonly ahead: boolean;
  readonly rank: number;
  readonly page: number;
}

/** The entries of each CPU: the selected page first, then those that permit more than memory does, then by page. */
function drawTlbs(model: ScreenModel, cells: Cells, { x, y, width, height }: Area): void {
  const { fold } = model.session;
  const cpus: number[] = [];
  fold.forTlbs((_, cpu) => cpus.push(cpu));
  if (cpus.length === 0) {
    cells.put(x, y, 'TLBs', TITLE);
    cells.put(x, y + 1, 'no entry yet', DIM);
    return;
  }
  const each = Math.max(2, Math.floor(height / cpus.length));
  cpus.forEach((cpu, place) => {
    const top = y + place * each;
    if (top >= y + height) return;
    const held = entriesOf(model, fold, cpu);
    const aheadCount = held.filter(({ ahead }) => ahead).length;
    const title = `TLB of ${cpu < 0 ? 'the device' : `CPU ${cpu}`}  `;
    const after = cells.put(x, top, title, TITLE, width);
    cells.put(
      after,
      top,
      `${count(held.length)}${aheadCount === 0 ? '' : `, ${count(aheadCount)} ahead of memory`}`,
      aheadCount === 0 ? DIM : WARNING,
      width - title.length,
    );
    const longest = Math.max(0, ...held.slice(0, 200).map(({ text }) => text.length)) + 2;
    const columns = Math.max(1, Math.floor(width / longest));
    const lines = Math.min(each - 1, y + height - top - 1);
    held.slice(0, lines * columns).forEach(({ text, style }, at) => {
      cells.put(x + (at % columns) * longest, top + 1 + Math.floor(at / columns), text, style, width);
    });
  });
}

function entriesOf(model: ScreenModel, fold: Fold, cpu: number): Held[] {
  const tlb = fold.tlb(cpu)!;
  const held: Held[] = [];
  for (let slot = 0; slot < tlb.page.length; slot++) {
    const index = tlb.page[slot]!;
    if (index < 0) continue;
    const ahead = aheadOfMemory(fold, index, tlb.flags[slot]!, tlb.frame[slot]!) !== '';
    const page = fold.pages.page[index]!;
    const isSelected = index === model.selectedIndex;
    held.push({
      text: `${formatPage(page)} ${tlbFlagsText(tlb.flags[slot]!)}${ahead ? '!' : ''}`,
      style: (ahead ? WARNING : PLAIN) | (isSelected ? REVERSE : 0),
      ahead,
      rank: isSelected ? 0 : ahead ? 1 : 2,
      page,
    });
  }
  return held.sort((a, b) => a.rank - b.rank || a.page - b.page);
}

function drawEvents({ session, selected }: ScreenModel, cells: Cells, { x, y, width, height }: Area): void {
  cells.put(x, y, '─'.repeat(width), DIM);
  cells.put(x + 1, y, ' events ', TITLE);
  const rows = height - 1;
  const before = Math.floor(rows / 2);
  const from = Math.max(1, Math.min(session.seq - before, session.lastSeq - rows + 1));
  const lines = session.events.between(from, from + rows - 1);
  const seqWidth = String(session.lastSeq).length;
  const whoWidth = Math.min(20, Math.max(0, ...lines.map(({ who }) => who.length)));
  lines.forEach((event, line) => {
    const here = event.seq === session.seq;
    const step = event.step === '' ? '' : `  [${event.step}]`;
    const text = `${here ? '>' : ' '} ${String(event.seq).padStart(seqWidth)}  ${nanoseconds(event.timeNs).padStart(7)}  ${event.who.slice(0, whoWidth).padEnd(whoWidth)}  ${event.kind.padEnd(13)} ${event.text}${step}`;
    const ofSelected = selected !== null && isAbout(session, event.seq, selected);
    const style = here ? REVERSE | BOLD : event.seq > session.seq ? DIM : ofSelected ? fg(117) : PLAIN;
    cells.put(x, y + 1 + line, here ? text.padEnd(width) : text, style, width);
  });
}

function isAbout({ events }: ScreenModel['session'], seq: number, { space, page }: SelectedPage): boolean {
  const { batch, row } = events.row(seq);
  return batch.space[row] === space && touches(batch, row, page, page);
}

function drawChanges({ landing }: ScreenModel, cells: Cells, y: number): void {
  const lines = effectLines(landing.effects, 3);
  const text =
    landing.event === null ? 'before the first event' : lines.length === 0 ? 'changes nothing' : lines.join('; ');
  cells.put(1, y, text, lines.length === 0 ? DIM : fg(150), cells.width - 1);
}

function drawFooter(model: ScreenModel, cells: Cells, y: number): void {
  if (model.typed !== null) {
    const shown = model.typed.slice(-(cells.width - 4));
    const end = cells.put(0, y, `/${shown}`, BOLD);
    cells.put(end, y, ' ', REVERSE);
    cells.put(end + 3, y, model.notice, DIM);
    return;
  }
  if (model.notice !== '') {
    cells.put(1, y, model.notice, WARNING, cells.width - 1);
    return;
  }
  const arrows = model.selecting ? 'arrows page (tab: time)' : 'arrows time  hjkl page';
  const keys = `? help  q quit  ${arrows}  PgUp/PgDn harvest  n/N event of page  / command  c/C continue  g writes`;
  cells.put(1, y, keys, DIM, cells.width - 1);
}

const HELP = [
  'left, right      one event back, on',
  'up, down         ten events back, on',
  'PgUp, PgDn       the end of the harvest before, after',
  'Home, End        the start, the end of the trail',
  '',
  'h j k l          select a page',
  'Tab              arrows select pages, or move in time',
  's                select the page of the event here',
  'n, N             next, previous event of the page',
  'g                pages by writes, or as they stand',
  '',
  'c, C             continue, rcontinue; Ctrl-C stops it',
  '/                a command, as at the prompt; Tab completes',
  'q                leave;  Ctrl-C  end the session',
  '',
  ...STANDINGS.map(({ glyph, meaning }) => `${glyph}   ${meaning}`),
];

/** Returns how many of the lines are shown. */
function drawBox(cells: Cells, title: string, lines: readonly string[]): number {
  const width = Math.min(cells.width - 2, Math.max(title.length + 4, ...lines.map((line) => line.length + 4)));
  const height = Math.min(cells.height - 2, lines.length + 2);
  const x = Math.floor((cells.width - width) / 2);
  const y = Math.floor((cells.height - height) / 2);
  const isCut = lines.length > height - 2;
  const shown = isCut ? height - 3 : lines.length;
  cells.put(x, y, `┌${'─'.repeat(width - 2)}┐`);
  cells.put(x + 2, y, ` ${title} `, BOLD, width - 4);
  for (let line = 0; line < height - 2; line++) {
    const text = line < shown ? lines[line]! : `... ${count(lines.length - shown)} lines more`;
    cells.put(x, y + 1 + line, `│ ${text.slice(0, width - 4).padEnd(width - 4)} │`, line < shown ? PLAIN : DIM);
  }
  cells.put(x, y + height - 1, `└${'─'.repeat(width - 2)}┘`);
  return shown;
}
