/** The lines of a litmus file: comments away, keys and values apart, and what is wrong said with the number of the line. */
import { InputError, nearest } from '../../base/index.js';
import { COUNT_KEYS, COUNTS, DECIDES_KEY, DOES_KEYS, MACHINE_KEYS } from './litmus-format.js';

export const MACHINE_PREFIX = 'machine.';
export const SCENARIO_KEYS = ['scenario', 'variant', 'arch'] as const;

export interface Line {
  readonly number: number;
  readonly text: string;
}

export interface Value {
  readonly text: string;
  readonly line: Line;
}

/** What is left of a text without comments and empty lines. */
export function linesIn(text: string): Line[] {
  return text
    .split(/\r?\n/)
    .map((line, at) => ({ number: at + 1, text: line.replace(/(^|\s)#.*$/, '').trim() }))
    .filter((line) => line.text !== '');
}

export function valuesIn(lines: readonly Line[]): Map<string, Value> {
  const values = new Map<string, Value>();
  for (const line of lines) {
    const at = line.text.indexOf('=');
    if (at < 0)
      throw wrong(
        line,
        `'${line.text}' is not understood`,
        "write KEY=VALUE, or 'schedule' before the choices of a schedule",
      );
    const key = line.text.slice(0, at).trim();
    const known = [
      ...SCENARIO_KEYS,
      'reduce',
      ...COUNT_KEYS,
      ...DOES_KEYS,
      DECIDES_KEY,
      ...Object.keys(MACHINE_KEYS).map((name) => MACHINE_PREFIX + name),
    ];
    if (!known.includes(key)) throw unknown(line, 'key', key, known);
    if (values.has(key)) throw wrong(line, `'${key}' is given twice`, 'leave one of them out');
    values.set(key, { text: line.text.slice(at + 1).trim(), line });
  }
  return values;
}

export function countIn(key: keyof typeof COUNTS, value: Value): number {
  const number = numberIn(key, value);
  const [least, most] = COUNTS[key];
  if (number < least || number > most)
    throw wrong(value.line, `'${key}' is ${number}`, `a search takes ${least} to ${most}`);
  return number;
}

export function numberIn(key: string, { text, line }: Value): number {
  const number = Number(text);
  if (!/^[0-9]+$/.test(text) || !Number.isSafeInteger(number))
    throw wrong(line, `'${key}' is '${text}'`, 'give a whole number');
  return number;
}

export function flagIn(value: Value | undefined): boolean {
  if (value === undefined || value.text === 'false') return false;
  if (value.text === 'true') return true;
  throw wrong(value.line, `'${value.text}' is neither true nor false`, 'write one of the two');
}

export function unknown(line: Line, kind: string, given: string, known: readonly string[]): InputError {
  const near = nearest(given, known);
  return wrong(
    line,
    `'${given}' is no ${kind}`,
    near === null ? `known are ${known.join(', ')}` : `did you mean '${near}'?`,
  );
}

export function wrong(line: Line | undefined, what: string, mend: string): InputError {
  return new InputError({ what: `line ${line?.number ?? 1}: ${what}`, mend });
}
