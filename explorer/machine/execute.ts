/**
 * Micro-operations on the small machine. Each does to its state what `Machine.execute` of the simulator does to its own, and gives the same
 * number back; a property test and the re-execution of every counterexample hold the two together. What is told apart here and not there is which
 * rules an operation breaks.
 */
import { UsageError } from '../../base/index.js';
import { CLAIM, Cover, LOCK, type MicroOp, Op, CARRIER } from '../../simulator/index.js';
import { carrierBit, PTE_DIRTY, PTE_PRESENT, PTE_WRITABLE } from '../../traces/index.js';
import { BROKEN } from '../rules.js';
import { canBeWrittenUnmarked, isMarked } from './consumer.js';
import * as hardware from './hardware.js';
import { DECLARED, LACKS, OLD_FRAME, CACHED, type PackedState } from './packed-state.js';
import { domainStart, sameDomain } from './shape.js';

/** Carrier numbers that stand for "belongs to the object", and for "differs from the consumer's copy". */
const ANY_MAPPED = -1;
const DIFFERS = -2;
const ALLOWED = PTE_PRESENT | PTE_WRITABLE;

/** Who performs an operation, and what of the past its code has in hand. */
export interface Performer {
  /** Position among the actors. */
  readonly actor: number;
  readonly cpu: number;
  /** Flags that the code loaded from the entry of the operation's page, or -1. */
  readonly loaded: number;
  /** Number of the flush that the operation sends, among those of its actor. */
  readonly request: number;
}

/** Whether the operation can be executed now, or has to wait. */
export function isReady(state: PackedState, op: MicroOp, actor: number): boolean {
  switch (op.code) {
    case Op.lock:
      return state.get(lockField(state, op)) === 0;
    case Op.flushWait:
      return state.get(state.awaited + actor) === 0;
    case Op.stopProgram:
      return !hardware.instructionUnderWay(state) && !inKernel(state);
    case Op.tlbLookup:
      return state.get(state.stopped) === 0;
    case Op.kick:
      return op.a >= state.shape.cpus || state.get(state.inInstruction + op.a) === 0;
    case Op.pteStore:
    case Op.pteExchange:
    case Op.pteChange:
    case Op.pteUnmap:
    case Op.replaceFrame:
      return !(state.shape.invalidatesWithEntry && hardware.instructionUnderWay(state));
    default:
      return true;
  }
}

/** Performs an operation; gives its result. */
export function execute(state: PackedState, op: MicroOp, by: Performer): number {
  const { shape } = state;
  const { page } = op;
  switch (op.code) {
    case Op.pteLoad:
      return state.get(state.flags + page);
    case Op.pteStore:
      return store(state, page, op.a, by.loaded);
    case Op.pteExchange:
      return change(state, page, op.a);
    case Op.pteChange:
      return change(state, page, (state.get(state.flags + page) & ~op.a) | op.b);
    case Op.pteUnmap:
      return change(state, page, 0);
    case Op.pteUpgrade: {
      const old = state.get(state.flags + page);
      // As a compare-and-swap does that finds another value than it was given.
      return old & PTE_PRESENT ? state.change(page, (old & ~op.b) | op.a) : old;
    }
    case Op.pteMonitor:
      return state.change(page, state.get(state.flags + page) | op.a);
    case Op.mapPage:
      mapPage(state, page, op.a);
      return 0;
    case Op.markSet:
      return state.setMark(page, op.a);
    case Op.recordEntry:
      state.setMark(page, op.a);
      return 0;
    case Op.markClear:
      markClear(state, page, op.b, op.a);
      return 0;
    case Op.markTest:
      return (state.get(state.marks + shape.home[page]!) >> op.a) & 1;
    case Op.markMove:
      return markMove(state, page, op.a, op.b);
    case Op.nextRun:
      return nextWith(state, page, op.a);
    case Op.nextRunWithin:
      return bounded(state, nextWith(state, page, op.a), op.b);
    case Op.lastMarked:
      return lastWith(state, page, op.a);
    case Op.moveFrame:
      return moveFrame(state, page);
    case Op.replaceFrame:
      return replaceFrame(state, page, op.a);
    case Op.discardFrame:
      discardFrame(state, page);
      return 0;
    case Op.flushSend:
      send(state, op, by);
      return 0;
    case Op.cacheFlush:
      forHomes(state, page, op.b, (home) => state.set(state.cached + home, 0));
      return 0;
    case Op.report:
      report(state, page, op.b);
      return 0;
    case Op.transfer:
      forHomes(state, page, op.b, (home) => transfer(state, home));
      return 0;
    case Op.switchMethod:
      state.set(state.readsNow, op.c);
      return 0;
    case Op.lock:
      state.set(lockField(state, op), 1);
      return 0;
    case Op.unlock:
      checkUnlock(state, op);
      state.set(lockField(state, op), 0);
      return 0;
    case Op.stopProgram:
      state.set(state.stopped, 1);
      return 0;
    case Op.resumeProgram:
      state.set(state.stopped, 0);
      return 0;
    case Op.tlbLookup:
      return hardware.lookup(state, by.cpu, page);
    case Op.walkForStore:
      return hardware.walkForStore(state, by.cpu, page);
    case Op.setDirty:
      return hardware.setDirty(state, by.cpu, page);
    case Op.setSecondDirty:
      return hardware.setSecondDirty(state, by.cpu, page);
    case Op.walkForLoad:
      return hardware.walkForLoad(state, by.cpu, page);
    case Op.commit:
      hardware.commit(state, by.cpu, page);
      return 0;
    case Op.retire:
    case Op.exit:
      state.set(state.inInstruction + by.cpu, 0);
      return 0;
    case Op.faultEnter:
      return hardware.fault(state, by.cpu, page, op.a);
    case Op.violation:
      return hardware.violation(state, by.cpu, page, op.a);
    case Op.enterKernel:
      state.set(state.inKernel + by.cpu, 1);
      return 0;
    case Op.resume:
      state.set(state.inKernel + by.cpu, 0);
      state.set(state.inMonitor + by.cpu, 0);
      return 0;
    case Op.kick:
      return op.a < shape.cpus ? state.get(state.ran + op.a) : 0;
    case Op.logTake: {
      const cpu = op.a < 0 ? by.cpu : op.a;
      if (op.b === 0) return hardware.takeLogged(state, state.logLength, state.log, cpu);
      return hardware.takeLogged(state, state.ringLength, state.ring, cpu);
    }
    case Op.ringPush:
      hardware.appendLogged(state, state.ringLength, state.ring, by.cpu, page);
      state.setMark(page, CARRIER.ring);
      return 0;
    case Op.otherWrite:
      hardware.otherWrite(state, page, op.c === 1);
      return 0;
    case Op.declare:
      forPages(state, page, op.b, (at) => declare(state, at, op.a, by));
      return 0;
    case Op.remember: {
      const old = state.get(state.variable(op.a));
      state.set(state.variable(op.a), op.b);
      return old;
    }
    case Op.recall:
      return state.get(state.variable(op.a));
    case Op.load:
    case Op.flushQueue:
    case Op.flushWait:
    case Op.walkEnd:
    case Op.populate:
    case Op.compareContents:
    case Op.notify:
      return 0;
    default:
      throw new UsageError({
        what: `operation ${op.code} of this program is not modelled in a search`,
        why: 'huge entries, forks and devices with an MMU of their own have more state than a search packs',
        mend: 'record it with --interleave fine and many seeds instead',
      });
  }
}

/** Whether a CPU can act now on the flush that an actor sent. `atAnyPoint`: the CPU does not wait for the end of an instruction. */
export function canAcknowledge(
  state: PackedState,
  sender: number,
  cpu: number,
  op: MicroOp,
  atAnyPoint: boolean,
): boolean {
  if ((state.get(state.awaited + sender) & (1 << cpu)) === 0) return false;
  if (!atAnyPoint && state.get(state.inInstruction + cpu)) return false;
  if (op.c === Cover.all) return true;
  if (state.get(state.inMonitor + cpu)) return false;
  if (state.shape.translation !== 'shadow') return true;
  for (let other = 0; other < state.shape.cpus; other++)
    if (state.get(state.inInstruction + other) && isLeftBehind(state, sender, cpu, other, op)) return false;
  return true;
}

/** A CPU acts on a flush: it forgets what the flush covers. */
export function acknowledge(state: PackedState, sender: number, cpu: number, op: MicroOp): void {
  const { shape } = state;
  const emulated = shape.translation === 'shadow' && op.c !== Cover.all;
  state.set(state.awaited + sender, state.get(state.awaited + sender) & ~(1 << cpu));
  if (emulated) {
    for (let other = 0; other < shape.cpus; other++)
      if (isLeftBehind(state, sender, cpu, other, op)) forget(state, other, op);
  }
  forget(state, cpu, op);
  if (!emulated) return;
  // A guest's flush exits to a monitor that keeps a shadow: what it derived goes.
  for (let page = 0; page < shape.pages; page++) if (covers(state, op, page)) state.change(shape.under[page]!, 0);
}

function forget(state: PackedState, cpu: number, op: MicroOp): void {
  const { pages } = state.shape;
  for (let page = 0; page < pages; page++) if (covers(state, op, page)) state.set(state.tlb + cpu * pages + page, 0);
}

function covers({ shape: { space, number } }: PackedState, op: MicroOp, page: number): boolean {
  if (op.c === Cover.all) return true;
  if (space[page] !== space[op.page]) return false;
  return op.c !== Cover.range || (number[page]! >= number[op.page]! && number[page]! <= number[op.b]!);
}

/** Whether another virtual CPU has cached what the monitor is about to take out of the shadow, with no flush of its own to come. */
function isLeftBehind(state: PackedState, sender: number, cpu: number, other: number, op: MicroOp): boolean {
  const { pages, under } = state.shape;
  if (other === cpu || state.get(state.awaited + sender) & (1 << other)) return false;
  for (let page = 0; page < pages; page++) {
    const cached = state.get(state.tlb + other * pages + page) & CACHED;
    if (cached && covers(state, op, page) && state.get(state.flags + under[page]!)) return true;
  }
  return false;
}

function inKernel(state: PackedState): boolean {
  for (let cpu = 0; cpu < state.shape.cpus; cpu++) if (state.get(state.inKernel + cpu)) return true;
  return false;
}

function lockField(state: PackedState, op: MicroOp): number {
  const { shape } = state;
  if (op.page < 0) return state.locks + op.a;
  return op.a === LOCK['page-table']
    ? state.tableLocks + shape.tableOf[op.page]!
    : state.pageLocks + shape.home[op.page]!;
}

/** A plain store of flags computed from what was loaded. */
function store(state: PackedState, page: number, flags: number, loaded: number): number {
  const now = state.get(state.flags + page);
  const gained = loaded >= 0 ? now & ~loaded : 0;
  if (gained & ~flags & ALLOWED || gained & ~flags & PTE_DIRTY) state.broken |= BROKEN['clobbered-dirty'];
  return change(state, page, flags);
}

function change(state: PackedState, page: number, flags: number): number {
  const { shape } = state;
  const old = state.change(page, flags);
  if ((old & PTE_PRESENT) === 0 && flags & PTE_PRESENT && state.get(state.declared + page) & DECLARED.gone)
    state.broken |= BROKEN['transient-none'];
  const lost = old & ~flags & (PTE_PRESENT | PTE_WRITABLE | PTE_DIRTY);
  if (shape.invalidatesWithEntry && lost) hardware.invalidateEverywhere(state, page);
  return old;
}

function mapPage(state: PackedState, page: number, flags: number): void {
  const { shape } = state;
  const home = shape.home[page]!;
  if (!state.get(state.homed + home)) {
    state.set(state.homed + home, 1);
    state.set(state.lacks + home, LACKS.nothing);
    state.set(state.replaced + home, 0);
  }
  const declared = state.get(state.declared + page);
  if (declared & DECLARED.gone) state.set(state.declared + page, declared & ~DECLARED.gone);
  state.change(page, flags | shape.frameFlags[page]!);
}

function markClear(state: PackedState, first: number, last: number, carrier: number): void {
  forHomes(state, first, last, (home) => {
    const marks = state.get(state.marks + home);
    if ((marks & (1 << carrier)) === 0) return;
    state.set(state.marks + home, marks & ~(1 << carrier));
    if (state.reads(home) & carrierBit(carrier)) checkRearmed(state, home);
  });
}

function markMove(state: PackedState, page: number, from: number, to: number): number {
  const home = state.shape.home[page]!;
  const marks = state.get(state.marks + home);
  if ((marks & (1 << from)) === 0) return 0;
  state.set(state.marks + home, (marks & ~(1 << from)) | (to >= 0 ? 1 << to : 0));
  return 1;
}

/** A mark went: from here on a store must be able to leave a new one. */
function checkRearmed(state: PackedState, home: number): void {
  const { nextOfHome } = state.shape;
  if (isMarked(state, home)) return;
  for (let page = home; page >= 0; page = nextOfHome[page]!)
    if (canBeWrittenUnmarked(state, page)) state.broken |= BROKEN['missing-rearm'];
}

function checkUnlock(state: PackedState, op: MicroOp): void {
  const { shape } = state;
  if (op.a !== LOCK['page-table'] && op.a !== LOCK.mmu) return;
  for (let page = 0; page < shape.pages; page++) {
    if (op.page >= 0 && shape.tableOf[page] !== shape.tableOf[op.page]) continue;
    if (state.anyStale(page)) state.broken |= BROKEN['unlock-before-flush'];
    const home = shape.home[page]!;
    const out = (state.get(state.flags + page) & PTE_PRESENT) === 0;
    if (out && state.get(state.homed + home) && state.get(state.lacks + home) && !isMarked(state, home))
      state.broken |= BROKEN['dropped-on-transform'];
  }
}

/** The consumer is told of a run of pages. */
function report(state: PackedState, first: number, last: number): void {
  let empty = false;
  forHomes(state, first, last, (home) => {
    state.count('reports');
    if (state.get(state.lacks + home) === LACKS.nothing) empty = true;
  });
  if (empty) state.broken |= BROKEN['false-dirty'];
  if (state.instead < 0) return;
  for (let home = 0; empty && home < state.shape.pages; home++) {
    const untold = state.get(state.lacks + home) !== LACKS.nothing && !isMarked(state, home);
    if (untold && sameDomain(state.shape, home, first)) state.set(state.instead + home, 1);
  }
  forHomes(state, first, last, (home) => state.set(state.instead + home, 0));
}

/** The consumer reads the bytes of a page. */
function transfer(state: PackedState, home: number): void {
  if (state.anyStale(home)) state.broken |= BROKEN['decided-before-flush'];
  state.count('transfers');
  if (state.get(state.cached + home)) return;
  state.set(state.lacks + home, LACKS.nothing);
  if (state.instead >= 0) state.set(state.instead + home, 0);
}

/** Pages move to another frame only while nothing maps them. */
function moveFrame(state: PackedState, home: number): number {
  const { shape } = state;
  for (let page = home; page >= 0; page = shape.nextOfHome[page]!) if (state.get(state.flags + page)) return 0;
  leaveFrame(state, home);
  state.set(state.cached + home, 0);
  return 1;
}

/** A copy of the contents takes the place of the frame. */
function replaceFrame(state: PackedState, page: number, flags: number): number {
  const { shape } = state;
  const home = shape.home[page]!;
  const declared = state.get(state.declared + home);
  if (declared & DECLARED.missed) state.broken |= BROKEN['wrong-frame-write'];
  state.set(state.declared + home, declared & ~(DECLARED.copied | DECLARED.missed));
  leaveFrame(state, home);
  state.set(state.replaced + home, 1);
  const old = state.get(state.flags + page);
  state.change(page, flags & PTE_PRESENT ? flags | shape.frameFlags[page]! : flags);
  return old;
}

function discardFrame(state: PackedState, home: number): void {
  const lacks = state.get(state.lacks + home);
  if (lacks !== LACKS.nothing) state.broken |= BROKEN[lacks === LACKS.store ? 'lost-write' : 'invisible-write'];
  if (state.anyStale(home)) state.broken |= BROKEN['decided-before-flush'];
  leaveFrame(state, home);
  state.set(state.homed + home, 0);
  state.set(state.lacks + home, LACKS.nothing);
  state.set(state.cached + home, 0);
  state.set(state.marks + home, 0);
}

/** What CPUs have cached of the pages of a home is of a frame that is theirs no longer. */
function leaveFrame(state: PackedState, home: number): void {
  const { shape } = state;
  for (let page = home; page >= 0; page = shape.nextOfHome[page]!) {
    for (let cpu = 0; cpu < shape.cpus; cpu++) {
      const field = state.tlb + cpu * shape.pages + page;
      const entry = state.get(field);
      if (entry & CACHED) state.set(field, entry | OLD_FRAME);
    }
  }
}

function declare(state: PackedState, page: number, claim: number, by: Performer): void {
  const { shape } = state;
  const home = shape.home[page]!;
  const field = state.declared + page;
  if (claim === CLAIM.protected || claim === CLAIM.gone) {
    const allowed = (state.get(state.flags + page) & ALLOWED) === ALLOWED;
    const gone = claim === CLAIM.gone ? DECLARED.gone : 0;
    state.set(field, state.get(field) | gone | (allowed ? 0 : DECLARED.revoked));
    if (!state.anyStale(home)) return;
    for (let actor = 0; actor < state.actors; actor++)
      if (actor !== by.actor && state.get(state.awaited + actor)) state.broken |= BROKEN['skipped-flush'];
    state.broken |= BROKEN['decided-before-flush'];
  } else if (claim === CLAIM.copied || claim === CLAIM.compared) {
    const at = state.declared + home;
    state.set(at, (state.get(at) & ~DECLARED.missed) | DECLARED.copied);
    if (state.anyStale(home)) state.broken |= BROKEN['decided-before-flush'];
  } else if (claim === CLAIM.clean) {
    if (state.anyStale(home)) state.broken |= BROKEN['decided-before-flush'];
  } else if (claim === CLAIM.private && !state.get(state.replaced + home)) state.broken |= BROKEN['dirty-as-proof'];
}

function send(state: PackedState, op: MicroOp, by: Performer): void {
  const { shape } = state;
  if (shape.invalidatesWithEntry) return;
  const space = shape.space[op.page]!;
  let targets = 0;
  for (let cpu = 0; cpu < shape.cpus; cpu++) {
    const reached = op.c === Cover.all || !shape.byIpi || shape.spaceOfCpu[cpu] === space;
    if (reached && state.get(state.ran + cpu)) targets |= 1 << cpu;
  }
  if (state.get(state.awaited + by.actor))
    throw new UsageError({
      what: 'an actor sends a flush before its last one is acknowledged',
      why: 'a search keeps one flush of each actor',
      mend: 'wait for the first, or let another actor send it',
    });
  state.set(state.awaited + by.actor, targets);
  state.set(state.request + by.actor, targets === 0 ? 0 : by.request);
}

function nextWith(state: PackedState, page: number, carrier: number): number {
  const { shape } = state;
  const start = page < 0 ? domainStart(shape, page) : shape.rank[page]! + 1;
  if (start < 0 || start >= shape.pages) return -1;
  const like = page < 0 ? shape.order[start]! : page;
  for (let at = start; at < shape.pages; at++) {
    const next = shape.order[at]!;
    if (!sameDomain(shape, like, next)) return -1;
    if (has(state, next, carrier)) return next;
  }
  return -1;
}

function lastWith(state: PackedState, start: number, carrier: number): number {
  const { shape } = state;
  const first = domainStart(shape, start);
  if (first < 0) return -1;
  for (let at = shape.pages - 1; at >= 0; at--) {
    const page = shape.order[at]!;
    if (sameDomain(shape, shape.order[first]!, page) && has(state, page, carrier)) return page;
  }
  return -1;
}

/** Whether a home page has the carrier, or belongs to the object, or differs from the consumer's copy. */
function has(state: PackedState, page: number, carrier: number): boolean {
  if (state.shape.home[page] !== page || !state.get(state.homed + page)) return false;
  if (carrier === ANY_MAPPED) return true;
  if (carrier === DIFFERS) return state.get(state.lacks + page) !== LACKS.nothing;
  return (state.get(state.marks + page) & (1 << carrier)) !== 0;
}

function bounded(state: PackedState, page: number, last: number): number {
  const { space, number } = state.shape;
  return page >= 0 && space[page] === space[last] && number[page]! <= number[last]! ? page : -1;
}

function forPages(state: PackedState, first: number, last: number, act: (page: number) => void): void {
  const { space, number, pages } = state.shape;
  for (let page = 0; page < pages; page++)
    if (space[page] === space[first] && number[page]! >= number[first]! && number[page]! <= number[last]!) act(page);
}

function forHomes(state: PackedState, first: number, last: number, act: (home: number) => void): void {
  const { home } = state.shape;
  if (first === last) act(home[first]!);
  else forPages(state, first, last, (page) => home[page] === page && act(page));
}
