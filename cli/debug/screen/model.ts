/**
 * The full screen without the screen: which page is selected, what is typed, what a key does. `view.ts` draws it, `index.ts` gives it the keys
 * of a terminal; tests do both by hand.
 */
import type { Stop } from '../../../replayer/index.js';
import { Output } from '../../output.js';
import type { Key } from '../../screen/index.js';
import type { Interpreter } from '../interpreter.js';
import type { Landing, Pause, Session } from '../session.js';
import { pageRows, type PageRow } from './pages.js';

export interface SelectedPage {
  readonly space: number;
  readonly page: number;
}

/** What a key led to: go on, back to the prompt (or out, where there was none), or out. */
export type After = 'on' | 'leave' | 'quit';

/** Events that up and down go by. */
const STRIDE = 10;
/** Above so many pages, rows are not laid out again for every step. */
const ROWS_KEPT_ABOVE = 65_536;

export class ScreenModel {
  readonly session: Session;
  readonly interpreter: Interpreter;
  landing: Landing;
  selected: SelectedPage | null = null;
  byHeat = false;
  /** Arrow keys select a page instead of moving in time. */
  selecting = false;
  help = false;
  /** What is typed after `/`; null while nothing is. */
  typed: string | null = null;
  /** What the last command said, from the line that is shown first; shown until a key is pressed that does not turn over. */
  said: readonly string[] = [];
  /** Lines of it that fit, as it was drawn last. */
  saidRoom = 0;
  /** One line about what just happened. */
  notice = '';
  #rows: { readonly columns: number; readonly pages: number; readonly rows: PageRow[] } | null = null;
  /** Cells in a row of the map, as it was drawn last. */
  #columns = 16;

  constructor(interpreter: Interpreter) {
    this.interpreter = interpreter;
    this.session = interpreter.session;
    this.landing = this.session.landing();
    this.#selectHere();
  }

  /** The map in rows of so many pages. */
  rows(columns: number): PageRow[] {
    const { fold } = this.session;
    this.#columns = columns;
    const pages = fold.pages.count;
    const kept = this.#rows;
    if (kept !== null && kept.columns === columns && kept.pages === pages && pages > ROWS_KEPT_ABOVE) return kept.rows;
    const rows = pageRows(fold, columns);
    this.#rows = { columns, pages, rows };
    return rows;
  }

  /** Index of the selected page; -1 where the trail does not know it here. */
  get selectedIndex(): number {
    return this.selected === null ? -1 : this.session.fold.pages.find(this.selected.space, this.selected.page);
  }

  async key(key: Key, pause: Pause, columns: number): Promise<After> {
    this.notice = '';
    if (key.name === 'ctrl-c' || key.name === 'ctrl-d') return 'quit';
    if (this.typed !== null) return await this.#type(key, pause, columns);
    if (this.said.length > this.saidRoom && ['space', 'down', 'pagedown'].includes(key.name)) {
      this.said = this.said.slice(key.name === 'down' ? 1 : Math.max(1, this.saidRoom));
      return 'on';
    }
    if (this.help || this.said.length > 0) {
      const goesOn =
        key.name !== 'q' && key.name !== 'escape' && key.name !== 'space' && key.name !== 'return' && key.name !== '?';
      this.help = false;
      this.said = [];
      if (!goesOn) return 'on';
    }
    if (this.selecting && ARROWS[key.name] !== undefined) {
      this.#select(...ARROWS[key.name]!);
      return 'on';
    }
    switch (key.name) {
      case 'right':
      case 'left':
        this.#arrive(this.session.step(key.name === 'right' ? 1 : -1));
        return 'on';
      case 'down':
      case 'up':
        this.#arrive(this.session.step(key.name === 'down' ? STRIDE : -STRIDE));
        return 'on';
      case 'pagedown':
      case 'pageup':
        await this.#epoch(key.name === 'pagedown' ? 'forward' : 'backward', pause);
        return 'on';
      case 'home':
        this.#arrive(this.session.goTo(0));
        return 'on';
      case 'end':
        this.#arrive(this.session.goTo(this.session.lastSeq));
        return 'on';
      case 'h':
      case 'j':
      case 'k':
      case 'l':
        this.#select(...ARROWS[{ h: 'left', j: 'down', k: 'up', l: 'right' }[key.name]]!);
        return 'on';
      case 'tab':
        this.selecting = !this.selecting;
        return 'on';
      case 'n':
      case 'N':
        await this.#eventOfPage(key.name === 'n' ? 'forward' : 'backward', pause);
        return 'on';
      case 'c':
      case 'C':
        this.#arrive(await this.session.run(key.name === 'c' ? 'forward' : 'backward', pause));
        return 'on';
      case 's':
        this.#selectHere();
        return 'on';
      case 'g':
        this.byHeat = !this.byHeat;
        return 'on';
      case '/':
      case ':':
        this.typed = '';
        return 'on';
      case '?':
        this.help = true;
        return 'on';
      case 'q':
        return 'leave';
      default:
        return 'on';
    }
  }

  #arrive(landing: Landing): void {
    this.landing = landing;
    if (this.selected === null) this.#selectHere();
    if (landing.ended === 'end') this.notice = 'the trail ends here';
    if (landing.ended === 'start') this.notice = 'the trail begins here';
    if (landing.ended === 'interrupted') this.notice = 'interrupted';
    const [hit] = landing.hits;
    if (hit !== undefined) {
      const values = hit.before === null ? '' : `: ${hit.before} -> ${hit.after}`;
      this.notice = `${hit.stop.number}, ${hit.stop.text}${values}`;
    }
  }

  /** Selects the page of the event at the position. */
  #selectHere(): void {
    const { session } = this;
    if (session.seq === 0) return;
    const { batch, row } = session.events.row(session.seq);
    if (batch.page[row]! >= 0) this.selected = { space: batch.space[row]!, page: batch.page[row]! };
  }

  /** The end of an epoch: the next one, or the one before. */
  async #epoch(direction: 'forward' | 'backward', pause: Pause): Promise<void> {
    const stop: Stop = { kind: 'event', event: 'harvest-end', pages: null, conditions: [] };
    const seq = await this.session.find(stop, direction, this.session.seq, pause);
    const limit = direction === 'forward' ? this.session.lastSeq : 0;
    this.#arrive(this.session.goTo(seq ?? limit));
    if (seq === null) this.notice = direction === 'forward' ? 'no harvest after this' : 'no harvest before this';
  }

  async #eventOfPage(direction: 'forward' | 'backward', pause: Pause): Promise<void> {
    if (this.selected === null) {
      this.notice = 'no page is selected; hjkl selects one';
      return;
    }
    const { space, page } = this.selected;
    const several = this.session.meta.spaces.length > 1;
    const stop: Stop = {
      kind: 'event',
      event: null,
      pages: [page, page],
      conditions: several ? [{ field: 'space', comparison: '=', value: space }] : [],
    };
    const seq = await this.session.find(stop, direction, this.session.seq, pause);
    if (seq === null) this.notice = `no ${direction === 'forward' ? 'later' : 'earlier'} event of the page`;
    else this.#arrive(this.session.goTo(seq));
  }

  /** Selects the page beside, above or below: the nearest that is known. */
  #select(across: number, down: number): void {
    const rows = this.rows(this.#columns);
    const { pages } = this.session.fold;
    const current = this.selected;
    let at =
      current === null
        ? -1
        : rows.findIndex(
            ({ space, first }) =>
              space === current.space && current.page >= first && current.page < first + this.#columns,
          );
    if (at < 0) {
      const [first] = rows;
      if (first !== undefined) this.#selectIndex(first.pages.find((index) => index >= 0)!);
      return;
    }
    let column = current!.page - rows[at]!.first;
    if (down !== 0) {
      at += down;
      const row = rows[at];
      if (row !== undefined) this.#selectIndex(nearestIn(row.pages, column));
      return;
    }
    for (;;) {
      column += across;
      if (column < 0 || column >= this.#columns) {
        at += across;
        column = across > 0 ? 0 : this.#columns - 1;
        if (rows[at] === undefined) return;
      }
      const index = rows[at]!.pages[column]!;
      if (index >= 0) {
        this.selected = { space: pages.space[index]!, page: pages.page[index]! };
        return;
      }
    }
  }

  #selectIndex(index: number): void {
    const { pages } = this.session.fold;
    this.selected = { space: pages.space[index]!, page: pages.page[index]! };
  }

  /** A key while a command is typed. */
  async #type(key: Key, pause: Pause, columns: number): Promise<After> {
    const typed = this.typed!;
    switch (key.name) {
      case 'escape':
        this.typed = null;
        return 'on';
      case 'backspace':
        this.typed = typed === '' ? null : typed.slice(0, -1);
        return 'on';
      case 'ctrl-u':
        this.typed = '';
        return 'on';
      case 'tab': {
        const [candidates, word] = this.interpreter.complete(typed);
        const common = commonStart(candidates);
        if (common.length > word.length) this.typed = typed.slice(0, typed.length - word.length) + common;
        if (candidates.length === 1 && !/[=:]$/.test(candidates[0]!)) this.typed += ' ';
        else this.notice = candidates.slice(0, 20).join('  ');
        return 'on';
      }
      case 'return':
      case 'enter':
        this.typed = null;
        return await this.#perform(typed, pause, columns);
      default:
        this.typed = typed + key.text;
        return 'on';
    }
  }

  async #perform(line: string, pause: Pause, columns: number): Promise<After> {
    if (line.trim() === '') return 'on';
    const texts: string[] = [];
    const out = new Output(
      {
        columns,
        write(text, done) {
          texts.push(text);
          done();
        },
      },
      { NO_COLOR: '1' },
    );
    let after: After = 'on';
    const before = this.session.seq;
    await this.interpreter.perform(
      line,
      out,
      { wanted: false, begin() {}, end() {}, pause: async (seq) => await pause(seq) },
      {
        quit: () => {
          after = 'quit';
        },
        fullScreen: () => {
          this.notice = 'full screen it is; q leaves it';
        },
      },
    );
    await out.flush();
    const lines = texts.join('').trimEnd().split('\n');
    this.landing = this.session.landing();
    // A move shows itself; anything else that was said wants to be read.
    const moved = this.session.seq !== before;
    if (moved) this.notice = lines.find((text) => /^(break|watch)point /.test(text)) ?? '';
    else if (lines.length === 1) this.notice = lines[0]!;
    else this.said = lines;
    return after;
  }
}

const ARROWS: Readonly<Record<string, readonly [across: number, down: number]>> = {
  left: [-1, 0],
  right: [1, 0],
  up: [0, -1],
  down: [0, 1],
};

/** The page in a row that is nearest to a column. */
function nearestIn(pages: Int32Array, column: number): number {
  let best = -1;
  let bestAway = Infinity;
  pages.forEach((index, at) => {
    const away = Math.abs(at - column);
    if (index >= 0 && away < bestAway) [best, bestAway] = [index, away];
  });
  return best;
}

function commonStart(words: readonly string[]): string {
  const [first = ''] = words;
  let length = first.length;
  for (const word of words) while (!word.startsWith(first.slice(0, length))) length--;
  return first.slice(0, length);
}
