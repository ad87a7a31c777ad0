/** What of a state is worth a column: entries, TLB entries, marks, what the consumer lacks, claims, logs, locks. Each as a short text. */
import { CARRIERS, LOCK_KINDS } from '../../traces/index.js';
import { isMarked } from '../machine/consumer.js';
import { CACHED, DECLARED, LACKS, LOG_ENTRIES, OLD_FRAME, type PackedState } from '../machine/packed-state.js';
import { flagsText, lockName, marksText, type Names, rightsText } from './names.js';

export interface StateColumn {
  /** `PTE`, `TLB`, `marks`. */
  readonly kind: string;
  /** Which of the kind, `page 0`; empty where there is one. */
  readonly of: string;
  /** What it says where there is nothing to say; a column that says so all along is not mentioned. */
  readonly nothing: string | null;
  text(state: PackedState): string;
}

export interface StateColumnOptions {
  /** Locks that are held are among them. */
  readonly locks?: boolean;
  /** Numbers of the variables of kernel code that are. */
  readonly variables?: readonly number[];
}

/** The columns of state that a run may have. */
export function stateColumns(
  state: PackedState,
  names: Names,
  { locks = false, variables = [] }: StateColumnOptions = {},
): StateColumn[] {
  const { shape } = state;
  const pages = Array.from({ length: shape.pages }, (_, page) => page);
  const cpus = Array.from({ length: shape.cpus }, (_, cpu) => cpu);
  const homes = pages.filter((page) => shape.home[page] === page);
  const isHost = (page: number) => shape.space[page] === shape.secondStage;
  const of = (page: number) => (pages.length === 1 ? '' : names.pages[page]!);
  // Marks and what is lacking belong to homes; with one of them, its name says nothing.
  const tracked = homes.filter((home) => shape.reads[shape.space[home]!] !== 0);
  const ofHome = (home: number) => (tracked.length === 1 ? '' : names.pages[home]!);
  const ownPages = pages.filter((page) => !isHost(page));
  const ofOwn = (page: number) => (ownPages.length === 1 ? '' : names.pages[page]!);
  const tableKind = (page: number) => (isHost(page) && shape.translation === 'shadow' ? 'shadow PTE' : 'PTE');
  return [
    ...pages.map((page) => column(tableKind(page), of(page), null, (now) => flagsText(now.get(now.flags + page)))),
    ...ownPages.flatMap((page) =>
      cpus.map((cpu) => column(`TLB ${names.cpu(cpu)}`, ofOwn(page), '-', (now) => tlbText(now, cpu, page))),
    ),
    ...homes.map((home) => column('marks', ofHome(home), '-', (now) => marksText(now.get(now.marks + home)))),
    ...homes.map((home) => column('declared', of(home), '-', (now) => declaredText(now.get(now.declared + home)))),
    ...(state.logLength < 0
      ? []
      : cpus.map((cpu) => column(`PML ${names.cpu(cpu)}`, '', '-', logReader(names, cpu, 'log')))),
    ...(state.ringLength < 0
      ? []
      : cpus.map((cpu) => column(`ring ${names.cpu(cpu)}`, '', '-', logReader(names, cpu, 'ring')))),
    ...(state.readsNow < 0 ? [] : [column('consumer', 'reads', null, (now) => marksText(now.get(now.readsNow)))]),
    ...variables.map((number) => column(names.variable(number), '', '0', (now) => `${now.get(now.variable(number))}`)),
    ...(locks ? [column('locks', '', '-', (now) => locksText(now, names))] : []),
    ...tracked.map((home) => column('lacks', ofHome(home), null, (now) => lacksText(now, home))),
  ];
}

/** What the consumer lacks of a page: `-` nothing; `newer` contents, and some carrier says so; `unmarked` contents that none tells of. */
export function lacksText(state: PackedState, home: number): string {
  if (!state.get(state.homed + home)) return 'gone';
  if (state.get(state.lacks + home) === LACKS.nothing) return '-';
  return `${isMarked(state, home) ? 'newer' : 'unmarked'}${state.get(state.cached + home) ? ', cached' : ''}`;
}

/** `W D`, with `stale` where it has more rights than memory gives, and `old` where its frame is no longer the page's. */
export function tlbText(state: PackedState, cpu: number, page: number): string {
  const { shape } = state;
  const entry = state.get(state.tlb + cpu * shape.pages + page);
  if ((entry & CACHED) === 0) return '-';
  const rights = rightsText(entry, shape.changeBitInFrame);
  if (entry & OLD_FRAME) return `${rights} old`;
  return state.isStale(cpu, page) ? `${rights} stale` : rights;
}

/** Locks that are held: `page table, reservation`. */
export function locksText(state: PackedState, names: Names): string {
  const { pages } = state.shape;
  const held = LOCK_KINDS.flatMap((_, kind) => (state.get(state.locks + kind) ? [lockName(kind)] : []));
  for (let page = 0; page < pages; page++) {
    if (state.get(state.tableLocks + page)) held.push(`page table${names.tables[page]}`);
    if (state.get(state.pageLocks + page)) held.push(`page${names.suffixes[page]}`);
  }
  return held.join(', ') || '-';
}

function column(kind: string, of: string, nothing: string | null, text: StateColumn['text']): StateColumn {
  return { kind, of, nothing, text };
}

function declaredText(declared: number): string {
  const words = [
    [DECLARED.revoked, 'protected'],
    [DECLARED.gone, 'gone'],
    [DECLARED.copied, 'copied'],
    [DECLARED.missed, 'copy is old'],
  ] as const;
  const said = words.filter(([bit]) => declared & bit).map(([, word]) => word);
  return said.join(', ') || '-';
}

function logReader(names: Names, cpu: number, which: 'log' | 'ring'): StateColumn['text'] {
  return (now) => {
    const length = now.get((which === 'log' ? now.logLength : now.ringLength) + cpu);
    const first = (which === 'log' ? now.log : now.ring) + cpu * LOG_ENTRIES;
    return Array.from({ length }, (_, at) => names.pages[now.get(first + at)]!).join(', ') || '-';
  };
}

/** Carriers that the consumer of the object reads when a run begins: `pte-dirty or bitmap`. */
export function readsText(state: PackedState): string {
  const reads = state.reads(0);
  return CARRIERS.filter((_, code) => reads & (1 << code)).join(' or ');
}
