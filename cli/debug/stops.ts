/** Reads `break` and `watch`: the words after them become a stop. What may be typed follows from the definitions of events. */
import { nearest, PAGE_LIMIT, parseUnsigned, UsageError } from '../../base/index.js';
import {
  COMMON_FIELDS,
  COMPARISONS,
  type Comparison,
  type Condition,
  type Stop,
  type Subject,
} from '../../replayer/index.js';
import {
  type Carrier,
  carrierMask,
  CARRIERS,
  ENUMERATIONS,
  EVENT_KINDS,
  type EventDefinition,
  FAULT_PRESENT,
  FAULT_USER,
  FAULT_WRITE,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_SOFT_DIRTY,
  PTE_UFFD_WP,
  TLB_DIRTY,
  TLB_HUGE,
  TLB_WRITABLE,
} from '../../traces/index.js';
import { noMore, takeSpace, takeSubject } from './arguments.js';
import type { Session } from './session.js';
import { parseCpu, parsePage } from './subject.js';

const DEFINITIONS = new Map<string, EventDefinition>(EVENT_KINDS.map((definition) => [definition.kind, definition]));
/** Letters of flags in fields, by unit. */
const LETTERS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  tlbFlags: { W: TLB_WRITABLE, D: TLB_DIRTY, H: TLB_HUGE },
  faultBits: { P: FAULT_PRESENT, W: FAULT_WRITE, U: FAULT_USER },
};
export const WATCHABLE = ['pte', 'tlb', 'mark', 'page', 'stale'] as const;

/** `KIND [page=..] [FIELD=..]...` */
export function parseBreak(words: readonly string[], session: Session): Stop {
  const [kind, ...rest] = words;
  if (kind === undefined) {
    throw new UsageError({
      what: 'what to stop at is missing',
      why: 'a breakpoint is for a kind of event, with conditions',
      mend: 'for instance break fault page=0x10, or break any page=0x10',
    });
  }
  if (kind !== 'any' && !DEFINITIONS.has(kind)) {
    const guess = nearest(kind, [...DEFINITIONS.keys(), 'any']);
    throw new UsageError({
      what: `'${kind}' is not a kind of event`,
      ...(guess !== null && { why: `did you mean '${guess}'?` }),
      mend: 'see `help break` for the kinds',
    });
  }
  const definition = DEFINITIONS.get(kind);
  let pages: readonly [number, number] | null = null;
  const conditions: Condition[] = [];
  for (const word of rest) {
    const [, name, comparison, value] = /^([\w-]+)(!=|<=|>=|=|<|>)(.+)$/.exec(word) ?? [];
    if (name === undefined) {
      throw new UsageError({
        what: `'${word}' is not a condition`,
        why: `a condition is FIELD=VALUE, or with one of ${COMPARISONS.join(' ')}`,
        mend: `for instance break ${kind} cpu=0`,
      });
    }
    if (name === 'page' && comparison === '=') pages = parseRange(value!);
    else conditions.push(condition(name, comparison as Comparison, value!, definition, session));
  }
  return { kind: 'event', event: definition?.kind ?? null, pages, conditions };
}

/** A subject, as a history is asked of one, or `stale PAGE`, each with `space=N`. */
export function parseWatch(given: readonly string[], session: Session): Stop {
  const [what, ...words] = given;
  if (what === 'stale') {
    const spaceOf = takeSpace(words, session);
    const page = parsePage(words[0]);
    const space = spaceOf(page);
    noMore(words.slice(1), 'watch stale PAGE');
    return { kind: 'stale', space, page };
  }
  const subject = takeSubject(given, session, 'watch');
  if (subject !== null) return stopAt(subject, session);
  const guess = what === undefined ? null : nearest(what, WATCHABLE);
  throw new UsageError({
    what: what === undefined ? 'what to watch is missing' : `'${what}' cannot be watched`,
    why: guess === null ? `what can be watched: ${WATCHABLE.join(', ')}` : `did you mean '${guess}'?`,
    mend: 'for instance watch pte 0x10 dirty, or watch tlb 0 0x10',
  });
}

/** Where a subject changes. */
function stopAt(subject: Subject, session: Session): Stop {
  const { space, page } = subject;
  switch (subject.kind) {
    case 'page': {
      const several = session.meta.spaces.length > 1;
      const conditions: Condition[] = several ? [{ field: 'space', comparison: '=', value: space }] : [];
      return { kind: 'event', event: null, pages: [page, page], conditions };
    }
    case 'pte':
      return { kind: 'pte', space, page, flags: subject.flags ?? null };
    case 'tlb':
      return subject;
    case 'carrier':
      return ofCarrier(subject.carrier, space, page);
  }
}

/** Carriers that are no marks are watched where they are. */
function ofCarrier(carrier: Carrier, space: number, page: number): Stop {
  switch (carrier) {
    case 'pte-dirty':
      return { kind: 'pte', space, page, flags: PTE_DIRTY };
    case 'soft-dirty':
      return { kind: 'pte', space, page, flags: PTE_SOFT_DIRTY };
    case 'uffd-wp':
      return { kind: 'pte', space, page, flags: PTE_UFFD_WP };
    case 'shadow-copy':
      return { kind: 'stale', space, page };
    case 'mapped':
      return { kind: 'pte', space, page, flags: PTE_PRESENT };
    default:
      return { kind: 'mark', carrier, space, page };
  }
}

/** `A`, `A..B` or `A+N`. */
function parseRange(text: string): readonly [number, number] {
  const [, first, mark, second] = /^([^.+]+)(?:(\.\.|\+)(.+))?$/.exec(text) ?? [];
  const from = parsePage(first ?? text);
  if (mark === undefined) return [from, from];
  const value = parseUnsigned(second!, PAGE_LIMIT);
  const to = value === null ? -1 : mark === '+' ? from + value - 1 : value;
  if (to >= from) return [from, to];
  throw new UsageError({
    what: `'${text}' is not a range of pages`,
    why: 'a range is FIRST..LAST or FIRST+PAGES',
    mend: 'for instance page=0x10..0x1f, or page=0x10+16',
  });
}

/** Fields that conditions on a kind may name. */
export function fieldsOf(kind: string): string[] {
  const definition = DEFINITIONS.get(kind);
  const own =
    definition === undefined
      ? EVENT_KINDS.flatMap(({ fields }) => Object.keys(fields))
      : Object.keys(definition.fields);
  return ['page', ...COMMON_FIELDS, ...new Set(own)];
}

/** Words that a field of a kind may be compared with; none where it is a number. */
export function valuesOf(kind: string, field: string, session: Session): readonly string[] {
  if (field === 'actor') return session.meta.actors.map(asWord);
  if (field === 'step') return session.meta.steps.map(asWord).filter((word) => word !== '');
  const unit = DEFINITIONS.get(kind)?.fields[field]?.unit ?? '';
  if (unit === 'flag') return ['set', 'clear'];
  if (unit === 'carrierMask') return CARRIERS;
  return ENUMERATIONS[unit] ?? [];
}

function condition(
  typed: string,
  comparison: Comparison,
  text: string,
  definition: EventDefinition | undefined,
  session: Session,
): Condition {
  const known = fieldsOf(definition?.kind ?? 'any');
  const field = known.find((name) => name.toLowerCase() === typed.replaceAll('-', '').toLowerCase());
  if (field === undefined || field === 'page') {
    const guess = nearest(typed, known);
    throw new UsageError({
      what: `${definition?.kind ?? 'an event'} has no field '${typed}'${field === 'page' ? ' to compare' : ''}`,
      why: field === 'page' || guess === null ? `it has ${known.join(', ')}` : `did you mean '${guess}'?`,
      mend: field === 'page' ? 'pages are given as page=0x10, page=0x10..0x1f or page=0x10+16' : 'see `help break`',
    });
  }
  return { field, comparison, value: valueIn(field, text, definition, session) };
}

/** The number that a word stands for in a field. */
function valueIn(field: string, text: string, definition: EventDefinition | undefined, session: Session): number {
  if (field === 'cpu') return parseCpu(text);
  const unit =
    definition?.fields[field]?.unit ??
    EVENT_KINDS.map(({ fields }) => unitOf(fields, field)).find((found) => found) ??
    '';
  const number = parseUnsigned(text);
  if (number !== null) return number;
  const words =
    definition === undefined
      ? [...valuesOf('any', field, session), ...(ENUMERATIONS[unit] ?? [])]
      : valuesOf(definition.kind, field, session);
  const letters = LETTERS[unit];
  if (letters !== undefined && text.split('').every((letter) => letters[letter] !== undefined))
    return text.split('').reduce((flags, letter) => flags | letters[letter]!, 0);
  if (letters !== undefined && (text === 'none' || text === '-')) return 0;
  if (unit === 'carrierMask' && text.split('+').every((word) => CARRIERS.includes(word as Carrier)))
    return carrierMask(text.split('+') as Carrier[]);
  const place = words.indexOf(text);
  if (unit === 'flag' && place >= 0) return text === 'set' ? 1 : 0;
  // Steps are offered without the first, which is none.
  if (place >= 0) return field === 'step' ? session.meta.steps.map(asWord).indexOf(text) : place;
  const guess = nearest(text, words);
  const expected =
    letters !== undefined
      ? `letters of ${Object.keys(letters).join('')}`
      : words.length > 0
        ? words.join(', ')
        : 'a number';
  throw new UsageError({
    what: `'${text}' is not a value of ${field}`,
    why: guess === null ? `it may be ${expected}` : `did you mean '${guess}'?`,
    mend: `for instance ${field}=${words[0] ?? (letters === undefined ? '1' : Object.keys(letters)[0]!)}`,
  });
}

function unitOf(fields: EventDefinition['fields'], field: string): string | undefined {
  return fields[field]?.unit;
}

/** A name as one word: `program on CPU 0` is `program-on-cpu-0`. */
function asWord(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}
