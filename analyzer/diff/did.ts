/**
 * What a write did, as one number: the words of the events that its CPU met with between its access before and this write, in order
 * ("fault write-protect", "pte fault", "mark bitmap", "fill WD"). Each prefix of such a sequence is a node of a tree that both sides
 * share, so a step is one look into a table, and two writes did the same exactly where their numbers are equal.
 */
import {
  CARRIERS,
  EVENT_BY_CODE,
  exit,
  EXIT_REASONS,
  fault,
  FAULT_HANDLERS,
  FLUSH_REASONS,
  FLUSH_SCOPES,
  flushAck,
  flushSend,
  mark,
  pte,
  PTE_CAUSES,
  PTE_DIRTY,
  tlbFill,
  tlbUpdate,
  type EventBatch,
  type PteLayout,
} from '../../traces/index.js';
import { widened } from '../columns.js';

/** Did nothing but write: where every sequence begins. */
export const NOTHING = 0;
/** Chosen: 16 MB of table; a recording has some dozens of sequences. What goes beyond is told apart by a hash, and not in words. */
const NODES_MAX = 2 ** 15;
/** Words that are told of a sequence. Chosen: longer ones are loops of a handler, and nobody reads them. */
const WORDS_MAX = 64;
const WALKER = PTE_CAUSES.indexOf('walker');

const WORDS: string[] = [];
/** Enters the words of a family; gives the code of the first. */
const family = (words: readonly string[]): number => WORDS.push(...words) - words.length;
const one = (word: string): number => family([word]);
const tlbWords = (verb: string) =>
  Array.from({ length: 8 }, (_, flags) => {
    const letters = `${flags & 1 ? 'W' : ''}${flags & 2 ? 'D' : ''}${flags & 4 ? 'H' : ''}`;
    return letters === '' ? verb : `${verb} ${letters}`;
  });

const FAULT = family(FAULT_HANDLERS.map((handler) => `fault ${handler}`));
const FILL = family(tlbWords('fill'));
const UPDATE = family(tlbWords('update'));
const PTE = family(PTE_CAUSES.map((cause) => `pte ${cause}`));
const WALKER_DIRTY = one('walker D');
const WALKER_ACCESSED = one('walker A');
const MARK = family(CARRIERS.map((carrier) => `mark ${carrier}`));
const UNMARK = family(CARRIERS.map((carrier) => `unmark ${carrier}`));
const EXIT = family(EXIT_REASONS.map((reason) => `exit ${reason}`));
const FLUSH = family(FLUSH_SCOPES.map((scope) => `flush ${scope}`));
const SWITCH_SPACE = one('flush at switch');
const OTHER = one('other');
const PLAIN = {
  map: one('map'),
  unmap: one('unmap'),
  'cache-flush': one('cache flush'),
  'frame-move': one('move'),
  'table-alloc': one('table alloc'),
  walk: one('walk'),
  report: one('report'),
  transfer: one('transfer'),
  switch: one('switch'),
};
const SWITCHES = FLUSH_REASONS.indexOf('switch');
/** Width of a row of the table. */
const ROW = 2 ** Math.ceil(Math.log2(WORDS.length));

/** Code of the member of a family, or of "other" where this version does not know it. */
const within = (first: number, words: readonly unknown[], index: number) =>
  index < words.length ? first + index : OTHER;

/** Codes of kinds that have one word. */
const PLAIN_CODES = Int16Array.from({ length: 256 }, (_, code) => {
  const kind = EVENT_BY_CODE[code]?.kind;
  return kind !== undefined && kind in PLAIN ? PLAIN[kind as keyof typeof PLAIN] : -1;
});

/** Kinds that have a word. */
export const WORDED = [fault, tlbFill, tlbUpdate, pte, mark, exit, flushSend, flushAck]
  .map(({ kind }): string => kind)
  .concat(Object.keys(PLAIN));

/** The word for a filled entry of a TLB with those flags: `wordOf` for what happens most often. */
export function wordOfFill(flags: number): number {
  return FILL + (flags & 7);
}

/** The word for an event; -1 for none. @param layouts of the entries of each space */
export function wordOf(batch: EventBatch, row: number, layouts: readonly PteLayout[]): number {
  const { slots } = batch;
  const code = batch.kind[row]!;
  switch (code) {
    case tlbFill.code:
      return wordOfFill(slots[tlbFill.slot.flags]![row]!);
    case pte.code: {
      const cause = slots[pte.slot.cause]![row]!;
      if (cause !== WALKER) return within(PTE, PTE_CAUSES, cause);
      const layout = layouts[batch.space[row]!];
      if (layout === undefined) return OTHER;
      const before = layout.flags(slots[pte.slot.oldLow]![row]!, slots[pte.slot.oldHigh]![row]!);
      const after = layout.flags(slots[pte.slot.newLow]![row]!, slots[pte.slot.newHigh]![row]!);
      return (after & ~before & PTE_DIRTY) !== 0 ? WALKER_DIRTY : WALKER_ACCESSED;
    }
    case mark.code:
      return within(slots[mark.slot.value]![row] === 0 ? UNMARK : MARK, CARRIERS, slots[mark.slot.carrier]![row]!);
    case fault.code:
      return within(FAULT, FAULT_HANDLERS, slots[fault.slot.handler]![row]!);
    case tlbUpdate.code:
      return UPDATE + (slots[tlbUpdate.slot.flags]![row]! & 7);
    case exit.code:
      return within(EXIT, EXIT_REASONS, slots[exit.slot.reason]![row]!);
    case flushSend.code:
      return within(FLUSH, FLUSH_SCOPES, slots[flushSend.slot.scope]![row]!);
    case flushAck.code:
      // Any other acknowledgement belongs to a flush that has been sent, and that is told already.
      return slots[flushAck.slot.reason]![row] === SWITCHES ? SWITCH_SPACE : -1;
    default:
      return PLAIN_CODES[code]!;
  }
}

export class DidTree {
  /** By node and word: the node that follows; 0 where there is none yet. */
  #next = new Int32Array(64 * ROW);
  readonly #parent: number[] = [-1];
  readonly #word: number[] = [-1];

  /** The sequence that is longer by a word. */
  step(node: number, word: number): number {
    if (node >= NODES_MAX) return hashed(node, word);
    const next = this.#next[node * ROW + word]!;
    return next !== 0 ? next : this.#grow(node, word);
  }

  /** The words of a sequence. */
  words(node: number): string[] {
    if (node >= NODES_MAX) return ['more than can be told'];
    const words: string[] = [];
    for (let at = node; at !== NOTHING; at = this.#parent[at]!) words.push(WORDS[this.#word[at]!]!);
    words.reverse();
    const more = words.length - WORDS_MAX;
    return more > 0 ? [...words.slice(0, WORDS_MAX), `${more} more`] : words;
  }

  #grow(node: number, word: number): number {
    const count = this.#parent.length;
    if (count === NODES_MAX) return hashed(node, word);
    this.#parent.push(node);
    this.#word.push(word);
    if ((count + 1) * ROW > this.#next.length) this.#next = widened(this.#next, new Int32Array(this.#next.length * 2));
    this.#next[node * ROW + word] = count;
    return count;
  }
}

/** A number beyond the nodes, of 48 bits, that hardly two sequences share. */
function hashed(node: number, word: number): number {
  const low = Math.imul(node ^ (word << 24), 0x9e37_79b1);
  const high = Math.imul((node / 0x1_0000) ^ word ^ (low >>> 15), 0x85eb_ca6b);
  return NODES_MAX + ((high >>> 16) * 0x1_0000_0000 + ((low ^ (high >>> 13)) >>> 0));
}
