/** What only a terminal needs of texts, besides the quantities that every room words alike. */
import { scaled } from '../base/index.js';

export { bytes, count, counted, nanoseconds, ratio } from '../base/index.js';

/** Things per second: `940 writes/s`, `5.30 M writes/s`. */
export function rate(value: number, things: string): string {
  return `${scaled(value, 1000, ['', 'k', 'M', 'G']).trim()} ${things}/s`;
}

/** Seconds of real time: `0.42 s`, `12 s`, `3 min 05 s`. */
export function seconds(value: number): string {
  if (value < 10) return `${value.toFixed(2)} s`;
  if (value < 60) return `${Math.round(value)} s`;
  const whole = Math.round(value);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

/** A sentence broken into lines of at most `width` characters, each after `indent`; later lines two spaces deeper. */
export function wrapped(text: string, width: number, indent: string): string {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(' ')) {
    if (line.trim() !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = `${indent}  `;
    }
    line += line.trim() === '' ? word : ` ${word}`;
  }
  return [...lines, line].join('\n');
}
