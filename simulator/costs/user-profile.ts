/**
 * A cost profile that a user wrote: JSON text of the form
 * `{"id": "my-box", "summary": "...", "source": "...", "base": "x86-64-native", "ns": {"wpFault": 900}}`. Figures that are left out
 * come from the base.
 */
import { UsageError } from '../../base/index.js';
import type { CostProfile } from './profile.js';
import { costProfile } from './profiles.js';

const KEYS = ['id', 'summary', 'source', 'base', 'ns'];

/**
 * Reads a profile.
 * @param name what to call the text in errors, such as its file
 * @throws UsageError naming the key that is missing, unknown or of the wrong type
 */
export function parseCostProfile(text: string, name: string): CostProfile {
  const wrong = (what: string): never => {
    throw new UsageError({
      what: `${name} is no cost profile: ${what}`,
      mend: 'it is JSON like {"id": "my-box", "source": "measured on ...", "base": "x86-64-native", "ns": {"wpFault": 900}}',
    });
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return wrong(`it is no JSON (${(error as Error).message})`);
  }
  if (!isObject(value)) return wrong('it is no object');
  const stranger = Object.keys(value).find((key) => !KEYS.includes(key));
  if (stranger !== undefined) wrong(`it has a key '${stranger}'; its keys are ${KEYS.join(', ')}`);
  const { id, summary = '', source = '', base = 'x86-64-native', ns = {} } = value;
  if (typeof id !== 'string' || !/^[\w.-]{1,64}$/.test(id))
    return wrong('id is not a short name of letters, digits, dots and dashes');
  if (typeof summary !== 'string' || typeof source !== 'string') return wrong('summary and source are texts');
  if (typeof base !== 'string') return wrong('base is not the id of a profile');
  if (!isObject(ns) || !Object.values(ns).every((figure) => typeof figure === 'number'))
    return wrong('ns is not an object of numbers');
  const { ns: figures } = costProfile(base, ns as Record<string, number>);
  return { id, summary, source: source === '' ? `${name}, on top of ${base}` : source, ns: figures };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
