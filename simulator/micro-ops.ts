/**
 * Micro-operations: the atomic steps of hardware, kernel and drivers. Code that is to be interleaved is written once, as
 * generators that yield these; it reads the machine only through the small integer that each yields back. Whoever runs the
 * generators decides what happens between two steps: nothing (coarse), a seeded scheduler (fine), or everything (exploration).
 *
 * All operations have one shape, so that executing them stays monomorphic. `page` and every page among the arguments is a
 * dense page index of the machine, not a page number; -1 stands for none.
 */
import type { StepName } from './steps.js';
import { STEP_NUMBER } from './steps.js';

export const Op = {
  /** Flags of the in-memory entry. */
  pteLoad: 0,
  /** Plain store of flags `a` (same frame), whatever memory holds by now. */
  pteStore: 1,
  /** Atomic exchange with flags `a`; gives the old flags. */
  pteExchange: 2,
  /** Atomic update: clears flags `a` and sets flags `b`; gives the old flags. */
  pteChange: 3,
  /** Fault handler upgrades the entry, atomically: sets flags `a`, clears flags `b`; gives the old flags. */
  pteUpgrade: 4,
  /** Puts a page that has no frame yet into the object, with an entry of flags `a`. */
  mapPage: 5,
  /** Sets carrier `a` for the page. */
  markSet: 6,
  /** Clears carrier `a` for the run page..`b`. */
  markClear: 7,
  /** Page of the first run with carrier `a` after `page` (-1: from the start), or -1. Carrier -1: pages mapped; -2: pages that differ. */
  nextRun: 8,
  /** Last page of the run with carrier `a` that starts at `page`. */
  runEnd: 9,
  /** First page with carrier `a` set, or -1. */
  firstMarked: 10,
  /** Last page with carrier `a` set, or -1. */
  lastMarked: 11,
  /** First page of the first VMA after `page` (-1: from the start), or -1. */
  nextVma: 12,
  /** Last page of the VMA that holds `page`, but none behind `b` (`page` itself: no such bound). */
  vmaEnd: 13,
  /** The page in order after `page` and not behind `b`, or -1. */
  nextEntry: 14,
  /** Bulk form of a range walk over page..`b` with packed specification `a`: entries changed, or -1 where steps are wanted. */
  walkBulk: 15,
  /** First entry the bulk walk changed. */
  walkFirst: 16,
  /** Last entry the bulk walk changed. */
  walkLast: 17,
  /** A walk over page..`b` ends, having selected `a` entries, at `c` ns a slot and `d` ns a selected entry. */
  walkEnd: 18,
  /** A flush of page..`b` for reason `a` becomes owed; `c` = 1: of the whole address space, whatever the range. */
  flushQueue: 19,
  /** It is sent; gives the number of remote targets. */
  flushSend: 20,
  /** Waits until every target has acknowledged. */
  flushWait: 21,
  report: 22,
  /** The consumer reads the bytes of page..`b`; `a` is the cost in ns of 4 KiB. */
  transfer: 23,
  harvestBegin: 24,
  harvestEnd: 25,
  /** Takes lock `a` (of the page, or a global one where page is -1); waits while another actor has it. */
  lock: 26,
  unlock: 27,
  /** A CPU looks its TLB up; see `Lookup`. From here until it retires the instruction or faults no flush lands on it. */
  tlbLookup: 28,
  /** The walker reads the entry for a store; see `Walk`. */
  walkForStore: 29,
  /** The walker sets D after checking P and W again, in one step; see `Walk`. */
  setDirty: 30,
  /** The store reaches memory: offset `a`, `b` bytes. */
  commit: 31,
  /** The CPU faults with error bits `a`, as it saw the entry; gives the handler's code. */
  faultEnter: 32,
  /** A load of `b` bytes at offset `a`, through the TLB entry. */
  load: 33,
  /** The walker fills the TLB for a load. */
  walkForLoad: 34,
  /** Stops the program on every CPU, between two instructions. */
  stopProgram: 35,
  resumeProgram: 36,
  /** Last page of the page table that holds `page`, and not behind `b`. */
  tableEnd: 37,
  /** The strategy changes from method `a` to method `b`; its consumer now reads the carriers of mask `c`. */
  switchMethod: 38,
  /** The instruction is done on this CPU. */
  retire: 39,
  /** Every page of page..`b` is compared with the consumer's copy, at `a` ns each. */
  compareContents: 40,
  /** Actor `c`, which goes through no page table, writes `b` bytes at offset `a`. */
  otherWrite: 41,
  /** 1 if carrier `a` is set for the page. */
  markTest: 42,
  /** In one step: clears carrier `a` of the page and, if it was set, sets carrier `b` (-1: none). */
  markMove: 43,
} as const;
export type OpCode = (typeof Op)[keyof typeof Op];

/** What `tlbLookup` found. */
export const Lookup = { miss: 0, readOnly: 1, clean: 2, dirty: 3 } as const;
/** What the walker found: an entry now cached with D; D still to be set; or why it cannot go on. */
export const Walk = { filled: 0, needsDirty: 1, notPresent: 2, readOnly: 3 } as const;

export interface MicroOp {
  readonly code: OpCode;
  readonly page: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  /** Number of the protocol step, see `steps.ts`. */
  readonly step: number;
}

/** Code as a generator of micro-operations; each yield gives the operation's result. */
export type Micro<T = void> = Generator<MicroOp, T, number>;

export function micro(code: OpCode, step: StepName, page = -1, a = 0, b = page, c = 0, d = 0): MicroOp {
  return { code, page, a, b, c, d, step: STEP_NUMBER[step] };
}
