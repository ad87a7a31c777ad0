/**
 * A progress line on stderr for what takes longer than a second. It is drawn on terminals only and wiped when the work ends, so
 * logs and pipes never see it.
 */
import type { Io } from './io.js';

/** Work shorter than this shows nothing: a bar that flashes up only disturbs. */
const FIRST_AFTER_MS = 1_000;
/** Between two drawings: fast enough to look alive, slow enough to cost nothing. */
const EVERY_MS = 100;
const BAR_WIDTH = 16;
const WIPE = '\r\x1b[2K';

export class Progress {
  readonly #io: Io;
  readonly #startMs: number;
  #lastMs = 0;
  #shown = false;

  constructor(io: Io) {
    this.#io = io;
    this.#startMs = io.now();
  }

  /**
   * @param fraction how much is done, in [0, 1]; null when nobody knows
   * @param detail what to say beside the bar; called only when the line is drawn
   */
  update(fraction: number | null, detail: () => string): void {
    const { stderr } = this.#io;
    if (stderr.isTTY !== true) return;
    const nowMs = this.#io.now();
    const elapsedMs = nowMs - this.#startMs;
    if (elapsedMs < FIRST_AFTER_MS || nowMs - this.#lastMs < EVERY_MS) return;
    this.#lastMs = nowMs;
    this.#shown = true;
    const line = `${bar(fraction)}${detail()}${remaining(fraction, elapsedMs)}`;
    stderr.write(`${WIPE}${line.slice(0, (stderr.columns ?? 100) - 1)}`, () => {});
  }

  /** Wipes the line. */
  end(): void {
    if (this.#shown) this.#io.stderr.write(WIPE, () => {});
    this.#shown = false;
  }
}

function bar(fraction: number | null): string {
  if (fraction === null) return '';
  const filled = Math.round(Math.min(1, fraction) * BAR_WIDTH);
  return `[${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}] ${String(Math.floor(fraction * 100)).padStart(3)} %  `;
}

/** Assumes that the rest goes as fast as what is done; says nothing before it is worth anything. */
function remaining(fraction: number | null, elapsedMs: number): string {
  if (fraction === null || fraction < 0.02 || fraction >= 1) return '';
  return `  ${Math.ceil((elapsedMs / 1_000) * (1 / fraction - 1))} s left`;
}
