/**
 * Small plots in text: a line of columns (sparkline) and rows of bars. Block glyphs where the terminal's character set is UTF-8,
 * ASCII where it is not or where that is asked for.
 */
import type { Io } from './io.js';

export interface Glyphs {
  /** From nothing to full, bottom up, one character each. */
  readonly columns: string;
  /** From nothing to full, from the left. */
  readonly bars: string;
}

export const BLOCKS: Glyphs = { columns: ' ▁▂▃▄▅▆▇█', bars: ' ▏▎▍▌▋▊▉█' };
export const ASCII: Glyphs = { columns: ' .:-=+*#@', bars: ' #' };

/** Block glyphs where the locale says that the terminal knows them; see setlocale(3) for which variable decides. */
export function glyphsFor(env: Io['env'], ascii: boolean): Glyphs {
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find((value) => value !== undefined && value !== '');
  return !ascii && /utf-?8/i.test(locale ?? '') ? BLOCKS : ASCII;
}

/**
 * A line of at most `width` columns, each as high as the highest of the values that it stands for. Only 0 is empty.
 * @param max value of a full column
 */
export function sparkline(values: readonly number[], width: number, { columns }: Glyphs, max = maxOf(values)): string {
  const shown = Math.min(values.length, Math.max(1, width));
  let line = '';
  for (let i = 0; i < shown; i++) {
    let highest = 0;
    const to = Math.floor(((i + 1) * values.length) / shown);
    for (let at = Math.floor((i * values.length) / shown); at < to; at++) highest = Math.max(highest, values[at]!);
    line += columns[stepOf(highest, max, columns.length - 1)];
  }
  return line;
}

/** A bar of at most `width` characters; only 0 is empty. */
export function bar(value: number, max: number, width: number, { bars }: Glyphs): string {
  const perCell = bars.length - 1;
  const steps = stepOf(value, max, width * perCell);
  const full = bars[perCell]!.repeat(Math.floor(steps / perCell));
  return steps % perCell === 0 ? full : full + bars[steps % perCell];
}

export function maxOf(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}

function stepOf(value: number, max: number, steps: number): number {
  if (value <= 0 || max <= 0) return 0;
  return Math.max(1, Math.min(steps, Math.round((value / max) * steps)));
}
