/**
 * Meta as rows of text and back. A string stands as it is, everything else as JSON; each row is checked for its type
 * before it is believed, because a trail may come from anybody.
 */
import { TrailFormatError } from '../../base/index.js';
import type { TrailEnding, TrailMeta } from '../meta.js';

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === 'string';
const integer: Check = (value) => Number.isSafeInteger(value);
const count: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const boolean: Check = (value) => typeof value === 'boolean';
const nullable =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const among =
  (...words: string[]): Check =>
  (value) =>
    words.includes(value as string);
const list =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const record =
  (check: Check): Check =>
  (value) =>
    isObject(value) && Object.values(value).every(check);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const shaped =
  (shape: Record<string, Check>): Check =>
  (value) =>
    isObject(value) &&
    Object.entries(shape).every(([key, check]) => check(Object.hasOwn(value, key) ? value[key] : undefined));
const scalar: Check = (value) => text(value) || typeof value === 'number' || boolean(value);

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Every entry of `TrailMeta`: whether it is text as it stands, and what it must be. */
const META: { readonly [Key in keyof TrailMeta]-?: readonly ['text' | 'json', Check] } = {
  mode: ['text', among('simulated', 'observed')],
  strategy: ['text', nullable(text)],
  variant: ['text', nullable(text)],
  vm: ['json', nullable(shaped({ guest: nullable(text), host: nullable(text), monitor: text }))],
  arch: ['text', text],
  vma: ['text', text],
  mutations: ['json', list(text)],
  seed: ['json', integer],
  interleave: ['text', among('coarse', 'fine')],
  populate: ['text', among('eager', 'lazy')],
  harvestEvery: ['json', count],
  tlb: ['json', shaped({ sets: count, ways: count })],
  carriers: ['json', list(text)],
  costProfile: ['json', shaped({ id: text, ns: record((value) => typeof value === 'number') })],
  options: ['json', record(integer)],
  source: [
    'json',
    shaped({
      kind: text,
      name: text,
      programTime: among('assumed', 'given'),
      reads: boolean,
      parameters: record(scalar),
    }),
  ],
  actors: ['json', list(text)],
  spaces: ['json', list(shaped({ kind: among('mm', 'second-stage'), layout: text, carriers: optional(list(text)) }))],
  steps: ['json', list(text)],
  notes: ['json', list(text)],
  methods: ['json', list(text)],
};

/** Rows that trails did not have from the beginning: null where they are missing. */
const LATER: ReadonlySet<string> = new Set<keyof TrailMeta>(['variant', 'vm']);

const ENDING: { readonly [Key in keyof TrailEnding]: readonly ['text' | 'json', Check] } = {
  complete: ['json', boolean],
  incompleteReason: ['text', nullable(text)],
  cpus: ['json', count],
  programNs: ['json', count],
  skippedLines: ['json', count],
  firstSkippedLine: ['json', nullable(count)],
};

/** Key of the row that tells, in a finished trail, how many events there are: a lost last chunk is seen by it. */
export const EVENTS_ROW = 'events';

/** Key and text of each entry; null is the text `null`. */
export function metaRows(entries: Partial<TrailMeta> | TrailEnding): Array<[key: string, value: string]> {
  return Object.entries(entries).map(([key, value]) => [
    key,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
}

/** @throws TrailFormatError naming the row that is missing or not what it should be */
export function readMeta(rows: ReadonlyMap<string, string>): TrailMeta {
  return readEntries(rows, META) as unknown as TrailMeta;
}

/** null where the recorder did not get to write its ending. */
export function readEnding(rows: ReadonlyMap<string, string>): TrailEnding | null {
  return rows.has('complete') ? (readEntries(rows, ENDING) as unknown as TrailEnding) : null;
}

function readEntries(
  rows: ReadonlyMap<string, string>,
  shape: Readonly<Record<string, readonly ['text' | 'json', Check]>>,
): Record<string, unknown> {
  const entries: Record<string, unknown> = {};
  for (const [key, [form, check]] of Object.entries(shape)) {
    const stored = rows.get(key) ?? (LATER.has(key) ? 'null' : undefined);
    if (stored === undefined) throw badRow(key, 'it is missing');
    const value = form === 'json' || stored === 'null' ? parse(key, stored) : stored;
    if (!check(value)) throw badRow(key, 'it is not of the type it should be');
    entries[key] = value;
  }
  return entries;
}

function parse(key: string, stored: string): unknown {
  try {
    return JSON.parse(stored);
  } catch {
    throw badRow(key, 'it is no JSON');
  }
}

function badRow(key: string, why: string): TrailFormatError {
  return new TrailFormatError({ what: `row '${key}' of meta cannot be used`, why });
}
