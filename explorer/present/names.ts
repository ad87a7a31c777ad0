/** How pages, entries and locks are called in what people read about a run: as mm engineers do, and short. */
import { formatPage } from '../../base/index.js';
import {
  CARRIERS,
  LOCK_KINDS,
  PTE_ACCESSED,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_SOFT_DIRTY,
  PTE_UFFD_WP,
  PTE_WRITABLE,
  TLB_DIRTY,
  TLB_WRITABLE,
} from '../../traces/index.js';
import { ACTOR_HARVEST, ACTOR_HOST, FIRST_FREE_VARIABLE, VARIABLE } from '../../simulator/index.js';
import type { Shape } from '../machine/shape.js';
import type { Prepared } from '../prepare.js';

/** Letters of an entry, in the order in which they are written. */
const LETTERS = [
  [PTE_PRESENT, 'P', 'present'],
  [PTE_WRITABLE, 'W', 'writable'],
  [PTE_DIRTY, 'D', 'dirty'],
  [PTE_ACCESSED, 'A', 'accessed'],
  [PTE_SOFT_DIRTY, 'S', 'soft-dirty'],
  [PTE_UFFD_WP, 'U', 'uffd-wp'],
] as const;

/** What the letters of these flags mean, for a legend: `P present, W writable`. */
export function lettersMean(flags: number): string {
  const meant = LETTERS.filter(([flag]) => flags & flag);
  return meant.map(([, letter, meaning]) => `${letter} ${meaning}`).join(', ');
}

/** `P W D`; `none` for an entry that is not there. */
export function flagsText(flags: number): string {
  const letters = LETTERS.filter(([flag]) => flags & flag).map(([, letter]) => letter);
  return letters.length === 0 ? 'none' : letters.join(' ');
}

/** `W D`; `ro` for a TLB entry that allows reading alone. */
export function rightsText(rights: number, changeBitInFrame: boolean): string {
  const letters = [...(rights & TLB_WRITABLE ? ['W'] : []), ...(rights & TLB_DIRTY && !changeBitInFrame ? ['D'] : [])];
  return letters.length === 0 ? 'ro' : letters.join(' ');
}

/** Names of the carriers in a mask of marks; `-` where there are none. */
export function marksText(marks: number): string {
  return CARRIERS.filter((_, code) => marks & (1 << code)).join(' ') || '-';
}

export function carrierName(code: number): string {
  return CARRIERS[code] ?? `carrier ${code}`;
}

/** `page table`, `mmu`. */
export function lockName(kind: number): string {
  return LOCK_KINDS[kind]?.replace('-', ' ') ?? `lock ${kind}`;
}

/** A variable of kernel code: by its name in a strategy or scenario, else `v0`, `v1`. */
export function variableName(number: number, own: readonly string[]): string {
  const known = Object.entries(VARIABLE).find(([, one]) => one === number);
  const at = number - FIRST_FREE_VARIABLE;
  return known?.[0] ?? own[at] ?? `v${at}`;
}

/** Names within one run. */
export interface Names {
  /** By page index: `page 0`, `alias 0`, `host 0x10000`. */
  readonly pages: readonly string[];
  /** By position: names of actors, told apart where two are called the same. */
  readonly actors: readonly string[];
  /** By page index: what an operation says of its page; empty where there is only one. */
  readonly suffixes: readonly string[];
  /** By page index: the same of the lock of its page table. */
  readonly tables: readonly string[];
  /** The change bit belongs to the frame: a TLB entry has no D. */
  readonly changeBitInFrame: boolean;
  /** Methods of a strategy that changes between some. */
  readonly methods: readonly string[];
  /** What a variable of kernel code is called. */
  variable(number: number): string;
  /** Who runs on a CPU. */
  cpu(number: number): string;
  /** Who wants to know what is written to a page. */
  consumer(page: number): string;
}

export function namesOf({ staged, model }: Prepared): Names {
  const { shape } = model.state;
  const actors = model.actors.map(({ name }, at, all) =>
    all.some((other, one) => one !== at && other.name === name) ? `${name} (${at})` : name,
  );
  const pages = pageNames(shape);
  const isHost = (page: number) => shape.space[page] === shape.secondStage;
  const tables = new Set(shape.tableOf.filter((first) => !isHost(first)));
  const cpu = (number: number) => actors[model.actors.findIndex((actor) => actor.cpu === number)] ?? `cpu${number}`;
  return {
    pages,
    actors,
    suffixes: pages.map((name) => (pages.length === 1 ? '' : ` ${name}`)),
    tables: pages.map((_, page) => (tables.size === 1 && !isHost(page) ? '' : ` of ${pages[shape.tableOf[page]!]}`)),
    changeBitInFrame: shape.changeBitInFrame,
    methods: staged.settings.strategy.methods ?? [],
    variable: (number) => variableName(number, staged.variables),
    cpu,
    consumer(page) {
      const number = shape.space[page] === shape.secondStage ? ACTOR_HOST : ACTOR_HARVEST;
      const at = model.actors.findIndex((actor) => actor.number === number);
      return at < 0 ? 'the consumer' : actors[at]!;
    },
  };
}

/** The same names for somebody who knows of a page already, as text about it says: nothing is said of that page. */
export function knowing(names: Names, text: string): Names {
  const isNamed = (name: string) => new RegExp(`\\b${name}\\b`).test(text);
  const known = names.pages.findIndex(isNamed);
  if (known < 0) return names;
  return { ...names, suffixes: names.suffixes.map((suffix, page) => (page === known ? '' : suffix)) };
}

/** Where a page is found in a trail of the run. */
export function pageNumberText({ number }: Shape, page: number): string {
  return formatPage(number[page]!);
}

function pageNames(shape: Shape): string[] {
  const { home, space, number, secondStage } = shape;
  const own = Array.from({ length: shape.pages }, (_, page) => page).filter(
    (page) => home[page] === page && space[page] !== secondStage,
  );
  return Array.from({ length: shape.pages }, (_, page) => {
    if (space[page] === secondStage) return `host ${formatPage(number[page]!)}`;
    const which = own.indexOf(home[page]!);
    if (home[page] === page) return `page ${which}`;
    return space[page] === space[home[page]!] ? `alias ${which}` : `page ${which} of mm ${space[page]!}`;
  });
}
