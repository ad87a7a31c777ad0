/**
 * The terminal while it belongs to us: alternate screen, hidden cursor, keys one by one. However it ends, by a key, a signal, an error or the
 * exit of the process, the user's screen and keyboard are given back.
 */
import { emitKeypressEvents } from 'node:readline';
import type { InputStream, Io } from '../io.js';
import { Cells } from './cells.js';
import { paint } from './paint.js';

const ENTER = '\x1b[?1049h\x1b[?25l\x1b[2J';
const LEAVE = '\x1b[0m\x1b[?25h\x1b[?1049l';
/** Between these a terminal that can shows nothing half done (synchronized output); others ignore them. */
const BEGIN = '\x1b[?2026h';
const END = '\x1b[?2026l';

const COLUMNS = 80;
const ROWS = 24;

export interface Key {
  /** `left`, `pageup`, `return`, `c`, `C`, ...; with `ctrl-` before it. '' for what is no key that we know. */
  readonly name: string;
  /** What it types; '' for none. */
  readonly text: string;
}

export interface ScreenEvents {
  onKey(key: Key): void;
  /** The size has changed, or the terminal has been cleared: draw again. */
  onResize(): void;
  /** Asked to end from outside: a signal, or the end of input. */
  onEnd(): void;
}

export class Screen {
  readonly #io: Io;
  readonly #input: InputStream;
  readonly #colour: boolean;
  #shown: Cells | null = null;
  #release: Array<() => void> = [];

  /** Takes the terminal. */
  constructor(io: Io, input: InputStream, colour: boolean, events: ScreenEvents) {
    this.#io = io;
    this.#input = input;
    this.#colour = colour;
    this.#write(ENTER);
    emitKeypressEvents(input);
    const onKeypress = (text: string | undefined, key: RawKey | undefined): void => events.onKey(keyOf(text, key));
    const onResize = (): void => {
      this.#shown = null;
      events.onResize();
    };
    const onEnd = (): void => events.onEnd();
    const onExit = (): void => this.#write(LEAVE);
    input.setRawMode?.(true);
    input.on('keypress', onKeypress);
    input.on('end', onEnd);
    input.resume();
    const output = io.stdout as unknown as NodeJS.WriteStream;
    output.on('resize', onResize);
    process.once('exit', onExit);
    const giveUp = io.onInterrupt(onEnd);
    this.#release = [
      () => input.off('keypress', onKeypress),
      () => input.off('end', onEnd),
      () => output.off('resize', onResize),
      () => process.off('exit', onExit),
      giveUp,
    ];
  }

  /** A screen of the size of the terminal, to be drawn on. */
  blank(): Cells {
    return new Cells(Math.max(1, this.#io.stdout.columns ?? COLUMNS), Math.max(1, this.#io.stdout.rows ?? ROWS));
  }

  /** Brings the terminal to show that. */
  show(wanted: Cells): void {
    const shown = this.#shown;
    const fits = shown !== null && shown.width === wanted.width && shown.height === wanted.height;
    const changes = `${fits ? '' : '\x1b[0m\x1b[2J'}${paint(fits ? shown : null, wanted, { colour: this.#colour })}`;
    this.#shown = wanted;
    if (changes !== '') this.#write(`${BEGIN}${changes}${END}`);
  }

  /** Gives the terminal back. */
  leave(): void {
    if (this.#release.length === 0) return;
    for (const release of this.#release) release();
    this.#release = [];
    this.#input.setRawMode?.(false);
    this.#input.pause();
    this.#write(LEAVE);
  }

  #write(text: string): void {
    this.#io.stdout.write(text, () => {});
  }
}

interface RawKey {
  readonly name?: string;
  readonly sequence?: string;
  readonly ctrl?: boolean;
  readonly meta?: boolean;
  readonly shift?: boolean;
}

/** As readline names keys, with capitals told apart and Ctrl said. */
function keyOf(text: string | undefined, key: RawKey | undefined): Key {
  const printable = text !== undefined && text.length === 1 && text >= ' ' && text !== '\x7f' ? text : '';
  if (key?.ctrl === true && key.name !== undefined) return { name: `ctrl-${key.name}`, text: '' };
  if (printable !== '' && key?.meta !== true) return { name: printable === ' ' ? 'space' : printable, text: printable };
  return { name: key?.name ?? '', text: '' };
}
