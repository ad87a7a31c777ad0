/** Colour, where the stream is a terminal that wants it. */
import { styleText } from 'node:util';
import type { Io, OutputStream } from './io.js';

export interface Style {
  readonly enabled: boolean;
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

/** FORCE_COLOR decides before NO_COLOR, which decides before the terminal; see no-color.org and force-color.org. */
export function wantsColour(stream: OutputStream, env: Io['env']): boolean {
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  if ((env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb') return false;
  return stream.isTTY === true;
}

export function styleOf(stream: OutputStream, env: Io['env']): Style {
  const enabled = wantsColour(stream, env);
  const paint = (format: Parameters<typeof styleText>[0]) => (text: string) =>
    enabled && text !== '' ? styleText(format, text, { validateStream: false }) : text;
  return {
    enabled,
    bold: paint('bold'),
    dim: paint('dim'),
    red: paint('red'),
    green: paint('green'),
    yellow: paint('yellow'),
    cyan: paint('cyan'),
  };
}
