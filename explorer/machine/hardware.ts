/** What a CPU does by itself on the small machine: TLB lookup, page walk, setting D, stores, and acting on a flush. `simulator/machine/` says why. */
import {
  FAULT_WRITE,
  PTE_ACCESSED,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_WRITABLE,
  TLB_DIRTY,
  TLB_WRITABLE,
} from '../../traces/index.js';
import { invariant } from '../../base/index.js';
import { CARRIER, FAULT_HANDLER, Lookup, Walk } from '../../simulator/index.js';
import { BROKEN } from '../rules.js';
import { CACHED, DECLARED, LACKS, LOG_ENTRIES, OLD_FRAME, type PackedState } from './packed-state.js';

const ALLOWED = PTE_PRESENT | PTE_WRITABLE;

export function lookup(state: PackedState, cpu: number, page: number): number {
  state.set(state.ran + cpu, 1);
  state.set(state.inInstruction + cpu, 1);
  const entry = state.get(state.tlb + cpu * state.shape.pages + page);
  if ((entry & CACHED) === 0) return Lookup.miss;
  if ((entry & TLB_WRITABLE) === 0) return Lookup.readOnly;
  const { storeFlags } = state.shape;
  return (entry & storeFlags) === storeFlags ? Lookup.dirty : Lookup.clean;
}

export function walkForStore(state: PackedState, cpu: number, page: number): number {
  const { shape } = state;
  if (shape.translation === 'shadow') return walkShadow(state, cpu, page);
  const flags = state.get(state.flags + page);
  const refused = refusal(flags);
  if (refused !== Walk.filled) return refused;
  if (shape.translation === 'two-stages') return flags & PTE_DIRTY ? Walk.needsSecondDirty : Walk.needsDirty;
  if (needsDirty(state, flags)) return shape.hardwareDirty ? Walk.needsDirty : Walk.readOnly;
  return fill(state, cpu, page, true);
}

export function setDirty(state: PackedState, cpu: number, page: number): number {
  const { shape } = state;
  if (shape.translation === 'shadow') return walkShadow(state, cpu, page);
  const refused = refusal(state.get(state.flags + page));
  if (shape.translation === 'two-stages') {
    if (refused !== Walk.filled) return refused;
    setByWalker(state, cpu, page, true, false);
    return Walk.needsSecondDirty;
  }
  if (refused === Walk.filled) return fill(state, cpu, page, true);
  if (shape.blindWalker && refused === Walk.readOnly) setByWalker(state, cpu, page, true, shape.pml);
  return refused;
}

export function setSecondDirty(state: PackedState, cpu: number, page: number): number {
  const under = state.shape.under[page]!;
  if (refusal(state.get(state.flags + under)) !== Walk.filled) return Walk.violation;
  if (!setByWalker(state, cpu, under, true, state.shape.pml)) return Walk.logFull;
  cache(state, cpu, page, TLB_WRITABLE | TLB_DIRTY);
  return Walk.filled;
}

export function walkForLoad(state: PackedState, cpu: number, page: number): number {
  const { shape } = state;
  const under = shape.under[page]!;
  if (shape.translation === 'shadow') {
    if ((state.get(state.flags + under) & PTE_PRESENT) === 0) return Walk.violation;
    cache(state, cpu, page, cachedRights(state, state.get(state.flags + under)));
    return Walk.filled;
  }
  if ((state.get(state.flags + page) & PTE_PRESENT) === 0) return Walk.notPresent;
  if (shape.translation === 'one-stage') return fill(state, cpu, page, false);
  if ((state.get(state.flags + under) & PTE_PRESENT) === 0) return Walk.violation;
  setByWalker(state, cpu, page, false, false);
  setByWalker(state, cpu, under, false, false);
  const rights =
    cachedRights(state, state.get(state.flags + page)) & cachedRights(state, state.get(state.flags + under));
  cache(state, cpu, page, rights);
  return Walk.filled;
}

/** A store reaches memory by way of the TLB entry; what it breaks by that is noted. */
export function commit(state: PackedState, cpu: number, page: number): void {
  const { shape } = state;
  const entry = state.get(state.tlb + cpu * shape.pages + page);
  const home = shape.home[page]!;
  if (state.isStale(cpu, page)) state.broken |= BROKEN['stale-tlb-write'];
  const flags = state.get(state.flags + page);
  if (state.get(state.declared + page) & DECLARED.revoked && (flags & ALLOWED) !== ALLOWED)
    state.broken |= BROKEN['write-after-revoke'];
  if (entry & OLD_FRAME || !state.get(state.homed + home)) {
    state.broken |= BROKEN['wrong-frame-write'];
    return;
  }
  wrote(state, page, LACKS.store, false);
  const under = shape.under[page]!;
  if (under >= 0) wrote(state, under, LACKS.store, false);
}

/** A write that goes through no page table of a CPU. */
export function otherWrite(state: PackedState, page: number, bypassesCaches: boolean): void {
  wrote(state, page, LACKS.around, bypassesCaches);
  const under = state.shape.under[page]!;
  if (under >= 0) wrote(state, under, LACKS.around, bypassesCaches);
}

function wrote(state: PackedState, page: number, how: number, bypassesCaches: boolean): void {
  const { shape } = state;
  const home = shape.home[page]!;
  const lacks = state.lacks + home;
  if (state.get(lacks) === LACKS.nothing) state.countRenewed(home);
  if (state.get(lacks) < how) state.set(lacks, how);
  if (shape.nonCoherent && !bypassesCaches) state.set(state.cached + home, 1);
  const declared = state.get(state.declared + home);
  if (declared & DECLARED.copied) state.set(state.declared + home, declared | DECLARED.missed);
  if (shape.changeBitInFrame) state.setMark(page, CARRIER['storage-key']);
}

/** The CPU faults; gives the handler's code. */
export function fault(state: PackedState, cpu: number, page: number, error: number): number {
  state.set(state.ran + cpu, 1);
  state.set(state.inInstruction + cpu, 0);
  state.set(state.inKernel + cpu, 1);
  state.set(state.tlb + cpu * state.shape.pages + page, 0); // a fault drops the entry it went through
  return handlerOf(state, state.get(state.flags + page), error);
}

export function violation(state: PackedState, cpu: number, page: number, error: number): number {
  state.set(state.inInstruction + cpu, 0);
  state.set(state.inMonitor + cpu, 1);
  return handlerOf(state, state.get(state.flags + state.shape.under[page]!), error);
}

/** Takes the page that was logged last; -1 where there is none. */
export function takeLogged(state: PackedState, length: number, log: number, cpu: number): number {
  const entries = state.get(length + cpu);
  if (entries === 0) return -1;
  const at = log + cpu * LOG_ENTRIES + entries - 1;
  const page = state.get(at);
  state.set(at, 0);
  state.set(length + cpu, entries - 1);
  return page;
}

export function appendLogged(state: PackedState, length: number, log: number, cpu: number, page: number): void {
  const entries = state.get(length + cpu);
  invariant(entries < LOG_ENTRIES, `more than ${LOG_ENTRIES} pages in the log of a CPU of a search`);
  state.set(log + cpu * LOG_ENTRIES + entries, page);
  state.set(length + cpu, entries + 1);
}

/** Every CPU forgets an entry, in the step that changed it. */
export function invalidateEverywhere(state: PackedState, page: number): void {
  const { pages, cpus } = state.shape;
  for (let cpu = 0; cpu < cpus; cpu++) state.set(state.tlb + cpu * pages + page, 0);
}

export function instructionUnderWay(state: PackedState): boolean {
  for (let cpu = 0; cpu < state.shape.cpus; cpu++) if (state.get(state.inInstruction + cpu)) return true;
  return false;
}

function handlerOf(state: PackedState, flags: number, error: number): number {
  if ((flags & PTE_PRESENT) === 0) return FAULT_HANDLER['not-present'];
  if ((error & FAULT_WRITE) === 0) return FAULT_HANDLER.spurious;
  if ((flags & PTE_WRITABLE) === 0) return FAULT_HANDLER['write-protect'];
  const { hardwareDirty, changeBitInFrame } = state.shape;
  const trap = (flags & PTE_DIRTY) === 0 && !changeBitInFrame && !hardwareDirty;
  return trap ? FAULT_HANDLER['dirty-trap'] : FAULT_HANDLER.spurious;
}

function refusal(flags: number): number {
  if ((flags & PTE_PRESENT) === 0) return Walk.notPresent;
  return (flags & PTE_WRITABLE) === 0 ? Walk.readOnly : Walk.filled;
}

function needsDirty(state: PackedState, flags: number): boolean {
  return (flags & PTE_DIRTY) === 0 && !state.shape.changeBitInFrame;
}

/** The walker sets A, and D for a store; false where D must be logged and the log has no room (it always has: a search is short). */
function setByWalker(state: PackedState, cpu: number, page: number, forStore: boolean, logs: boolean): boolean {
  if (!state.shape.hardwareDirty) return true;
  const old = state.get(state.flags + page);
  const wanted = PTE_ACCESSED | (forStore ? PTE_DIRTY : 0);
  if ((old & wanted) === wanted) return true;
  state.change(page, old | wanted);
  if (logs && forStore && (old & PTE_DIRTY) === 0) {
    appendLogged(state, state.logLength, state.log, cpu, page);
    state.setMark(page, CARRIER['pml-buffer']);
  }
  return true;
}

function fill(state: PackedState, cpu: number, page: number, forStore: boolean): number {
  setByWalker(state, cpu, page, forStore, state.shape.pml);
  cache(state, cpu, page, cachedRights(state, state.get(state.flags + page)));
  return Walk.filled;
}

function walkShadow(state: PackedState, cpu: number, page: number): number {
  const flags = state.get(state.flags + state.shape.under[page]!);
  if ((flags & ALLOWED) !== ALLOWED) return Walk.violation;
  cache(state, cpu, page, cachedRights(state, flags));
  return Walk.filled;
}

function cachedRights(state: PackedState, flags: number): number {
  if (!state.shape.hardwareDirty && needsDirty(state, flags)) return 0;
  return (flags & PTE_WRITABLE ? TLB_WRITABLE : 0) | (flags & PTE_DIRTY ? TLB_DIRTY : 0);
}

function cache(state: PackedState, cpu: number, page: number, rights: number): void {
  state.set(state.tlb + cpu * state.shape.pages + page, rights | CACHED);
}
