/**
 * Micro-operations: the atomic steps of hardware, kernel and drivers. Code that is to be interleaved is written once, as
 * generators that yield these; it reads the machine only through the small integer that each yields back. Whoever runs the
 * generators decides what happens between two steps: nothing (coarse), a seeded scheduler (fine), or everything (exploration).
 *
 * All operations have one shape, so that executing them stays monomorphic. `page` and every page among the arguments is a
 * dense page index of the machine, not a page number; -1 stands for none. "Page..`b`" is a range in one address space, both included.
 */
import type { StepName } from './steps.js';
import { STEP_NUMBER } from './steps.js';

export const Op = {
  // Entries. An operation on a page of a huge entry is one on that entry.
  /** Flags of the in-memory entry. */
  pteLoad: 0,
  /** Plain store of flags `a` (same frame), whatever memory holds by now. */
  pteStore: 1,
  /** Atomic exchange with flags `a`; gives the old flags. */
  pteExchange: 2,
  /** Atomic update: clears flags `a` and sets flags `b`; gives the old flags. */
  pteChange: 3,
  /** Fault handler upgrades an entry that is present, atomically: sets flags `a`, clears flags `b`; gives the old flags. */
  pteUpgrade: 4,
  /** The entry is taken out for good; gives the old flags. */
  pteUnmap: 5,
  /** A monitor sets flags `a` in an entry, atomically: its own, or the guest's on its behalf. */
  pteMonitor: 6,
  /** Puts a page into the object, if it is not in it, and an entry of flags `a` in place. */
  mapPage: 7,
  /** The huge entry becomes 512 small ones with flags `a`. */
  splitEntry: 8,
  /** A copy of the entry, with flags `b` less, goes to address space `a`. */
  copyEntry: 9,

  // Marks, and pages by their marks. Carrier -1: pages of the object; -2: pages that differ.
  /** Sets carrier `a` for the page. */
  markSet: 10,
  /** Clears carrier `a` for the run page..`b`. */
  markClear: 11,
  /** 1 if carrier `a` is set for the page. */
  markTest: 12,
  /** In one step: clears carrier `a` of the page and, if it was set, sets carrier `b` (-1: none); gives 1 if it was. */
  markMove: 13,
  /** Sets carrier `a` for every page that the entry covers. */
  recordEntry: 14,
  /** Page of the first run with carrier `a` after `page` (or from a start on, see `machine/order.ts`), or -1. */
  nextRun: 15,
  /** The next page with carrier `a` after `page` and not behind `b`, or -1. */
  nextRunWithin: 67,
  /** Last page of the run with carrier `a` that starts at `page`. */
  runEnd: 16,
  /** Last page with carrier `a` of the domain whose start is `page`, or -1. */
  lastMarked: 17,

  // The object as it is mapped.
  /** How often the object of the page is mapped. */
  mappingCount: 18,
  /** First page of mapping `a` whose home lies in page..`b`, or -1. */
  partFirst: 19,
  /** Last page of the same, or -1. */
  partLast: 20,
  /** Last page of the VMA that holds `page`, but none behind `b`. */
  vmaEnd: 21,
  /** The page with an entry of its own after `page` and not behind `b`, or -1. */
  nextEntry: 22,
  /** Last page of the aligned group of `a` pages (0: of the page table) that holds `page`, and not behind `b`. */
  tableEnd: 23,
  /** The next page that has the same home, or -1. */
  nextMapping: 24,
  /** 1 if a struct page is behind the page. */
  hasStructPage: 25,
  /** 1 if page `b` is in the same address space. */
  sameSpace: 68,
  /** The page of the second stage that a guest's page lies on. */
  pageUnder: 26,
  /** One more address space maps the object; gives its number. */
  forkSpace: 27,
  /** The contents of the page move to a frame of the other kind of memory, at `a` ns; 0 while an entry maps it. */
  moveFrame: 28,

  // Range walks.
  /** Bulk form of a range walk over page..`b` with packed specification `a`: entries changed, or -1 where steps are wanted. */
  walkBulk: 29,
  /** First entry the bulk walk changed. */
  walkFirst: 30,
  /** Last entry the bulk walk changed. */
  walkLast: 31,
  /** A walk over page..`b` ends, having selected `a` entries, at `c` ns a slot and `d` ns a selected entry. */
  walkEnd: 32,
  /** Page tables are allocated wherever page..`b` has none, at `c` ns each. */
  populate: 33,
  /** Every page of page..`b` is compared with the consumer's copy, at `a` ns each. */
  compareContents: 34,

  // Flushes and notifiers.
  /** A flush of page..`b` for reason `a` becomes owed; `c`: what it covers, see `Cover`. */
  flushQueue: 35,
  /** It is sent; gives the number of remote targets. */
  flushSend: 36,
  /** Waits until every target has acknowledged. */
  flushWait: 37,
  /** MMU notifier call about page..`b`; `a` is the phase. */
  notify: 38,
  /** CPU caches are written back for page..`b`, at `a` ns for 4 KiB. */
  cacheFlush: 39,

  // The consumer.
  report: 40,
  /** The consumer reads the bytes of page..`b`; `a` is the cost in ns of 4 KiB. */
  transfer: 41,
  /** The strategy changes from method `a` to method `b`; its consumer now reads the carriers of mask `c`. */
  switchMethod: 42,

  // Order.
  /** Takes lock `a` (of the page, or a global one where page is -1); waits while another actor has it. */
  lock: 43,
  unlock: 44,
  /** Stops the program on every CPU, between two instructions. */
  stopProgram: 45,
  resumeProgram: 46,

  // An instruction.
  /** A CPU looks its TLB up; see `Lookup`. From here until it retires the instruction or faults no flush lands on it. */
  tlbLookup: 47,
  /** The walker reads the entry for a store; see `Walk`. */
  walkForStore: 48,
  /** The walker sets D after checking P and W again, in one step; see `Walk`. */
  setDirty: 49,
  /** The same in the second stage. */
  setSecondDirty: 50,
  /** The walker fills the TLB for a load. */
  walkForLoad: 51,
  /** The store reaches memory: offset `a`, `b` bytes. */
  commit: 52,
  /** A load of `b` bytes at offset `a`, through the TLB entry. */
  load: 53,
  /** The instruction is done on this CPU. */
  retire: 54,
  /** The CPU faults with error bits `a`, as it saw the entry; gives the handler's code. */
  faultEnter: 55,

  // Virtual machines.
  /** The second stage refuses an access with error bits `a`: the virtual CPU exits; gives the code of the monitor's handler. */
  violation: 56,
  /** The CPU is in the kernel, by no fault of its own. */
  enterKernel: 69,
  /** The CPU goes back to the program: from the kernel, or from the monitor into the guest. */
  resume: 57,
  /** This CPU exits for reason `a`, at `c` ns. */
  exit: 58,
  /** CPU `a` is made to exit, between two instructions, at `c` ns. */
  kick: 59,
  /** CPUs that exist. */
  cpuCount: 60,
  /** Takes an entry from the log of CPU `a` (-1: of this one; `b` 0: PML, 1: ring); gives its page, or -1. */
  logTake: 61,
  /** Puts the page into the ring of this CPU; gives 1 if the ring is full now. */
  ringPush: 62,

  // Writers without a CPU.
  /** Actor `c`, which goes through no page table, writes `b` bytes at offset `a`. */
  otherWrite: 63,
  /** The device writes `b` bytes at offset `a` through its own MMU; 0 where that has no translation. */
  deviceStore: 64,
  /** The device's page request reaches the kernel, which finds error bits `a`; gives the handler's code. */
  deviceFault: 65,
  /** The device takes up the translation of the page, when no invalidation is under way; 0 where the entry does not permit it. */
  deviceFill: 66,

  // What an actor takes for granted, and what it does on the strength of it.
  /** Tells that the actor relies from here on on `a` (see `CLAIMS`) being true of page..`b`; changes nothing. */
  declare: 70,
  /** The entry of the page goes, and one of flags `a` for a new frame with a copy of its contents comes, in one step; gives the old flags. */
  replaceFrame: 71,
  /** The frame behind the page is given up, contents and all, with its marks; its entry is out already. The next fault takes a new one. */
  discardFrame: 72,
  /** The kernel's or driver's variable number `a` becomes `b`; gives its old value. */
  remember: 73,
  /** Value of variable number `a`; 0 before it is set. */
  recall: 74,
  /** Nothing happens: the code that follows depends on nothing that came before but `a`, so histories may be forgotten. */
  settle: 75,
  /** A round of the consumer begins, and ends. */
  harvestBegin: 76,
  harvestEnd: 77,
} as const;
export type OpCode = (typeof Op)[keyof typeof Op];

/**
 * Operations that only ask where something is. Nobody acts between such a question and what is done with the answer: it is a matter of how the
 * code is written, not a step of the machine.
 */
const QUESTIONS: readonly OpCode[] = [
  Op.nextRun,
  Op.nextRunWithin,
  Op.runEnd,
  Op.lastMarked,
  Op.mappingCount,
  Op.partFirst,
  Op.partLast,
  Op.vmaEnd,
  Op.nextEntry,
  Op.tableEnd,
  Op.nextMapping,
  Op.hasStructPage,
  Op.sameSpace,
  Op.pageUnder,
  Op.walkBulk,
  Op.walkFirst,
  Op.walkLast,
  Op.cpuCount,
  Op.recall,
  Op.remember,
  Op.settle,
  Op.harvestBegin,
  Op.harvestEnd,
];
/** By code, since every step asks. */
const IS_QUESTION = new Uint8Array(Math.max(...Object.values(Op)) + 1);
for (const code of QUESTIONS) IS_QUESTION[code] = 1;

export function isQuestion(code: OpCode): boolean {
  return IS_QUESTION[code] === 1;
}

/** What `tlbLookup` found. */
export const Lookup = { miss: 0, readOnly: 1, clean: 2, dirty: 3 } as const;
/** What the walker found: an entry now cached (with D, for a store); D still to be set; or why it cannot go on. */
export const Walk = {
  filled: 0,
  needsDirty: 1,
  notPresent: 2,
  readOnly: 3,
  /** D of the second stage is still to be looked at. */
  needsSecondDirty: 4,
  /** The second stage, or the shadow, does not allow the access. */
  violation: 5,
  /** D cannot be set because the page-modification log has no room. */
  logFull: 6,
} as const;

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
