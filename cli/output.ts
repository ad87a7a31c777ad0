/**
 * Text on its way to a stream, gathered into large writes. A reader that goes away (`pagetrail query ... | head`) closes the
 * output quietly: what is written afterwards is dropped, and whoever produces much looks at `closed` now and then.
 */
import { InputError } from '../base/index.js';
import type { Io, OutputStream } from './io.js';
import { styleOf, type Style } from './style.js';

/** Characters gathered before they are written. */
const GATHER = 65_536;
/** Columns of a terminal that does not say. */
const DEFAULT_COLUMNS = 100;

export class Output {
  readonly style: Style;
  readonly isTerminal: boolean;
  readonly columns: number;
  #text = '';
  #closed = false;
  #failure: Error | null = null;
  readonly #stream: OutputStream;

  constructor(stream: OutputStream, env: Io['env']) {
    this.#stream = stream;
    this.style = styleOf(stream, env);
    this.isTerminal = stream.isTTY === true;
    this.columns = stream.columns ?? DEFAULT_COLUMNS;
    stream.on?.('error', (error) => this.#broke(error));
  }

  /** Whether nobody reads any more. */
  get closed(): boolean {
    return this.#closed;
  }

  line(text = ''): void {
    this.text(`${text}\n`);
  }

  text(text: string): void {
    if (!this.#closed) this.#text += text;
  }

  /** Whether `flush` is due; for loops that produce much. */
  get full(): boolean {
    return this.#text.length >= GATHER;
  }

  /** Drops what was gathered: half an answer is none. */
  discard(): void {
    this.#text = '';
  }

  /** Writes what was gathered, and waits until it is gone. */
  async flush(): Promise<void> {
    const text = this.#text;
    this.#text = '';
    if (text === '' || this.#closed) return;
    await new Promise<void>((resolve) => {
      this.#stream.write(text, (error) => {
        if (error) this.#broke(error);
        resolve();
      });
    });
  }

  /** Throws when output was lost for another reason than a reader that went away. */
  assertWritten(): void {
    if (this.#failure === null) return;
    throw new InputError({
      what: 'the output could not be written',
      why: this.#failure.message,
      mend: 'make room, or write to another place',
    });
  }

  #broke(error: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') this.#failure = error;
  }
}
