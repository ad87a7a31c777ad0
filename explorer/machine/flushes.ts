/** Flushes on the small machine: who is to forget, when a CPU can act on one, and what it forgets then. */
import { UsageError } from '../../base/index.js';
import { Cover, type MicroOp } from '../../simulator/index.js';
import type { Performer } from './performer.js';
import { CACHED, type PackedState } from './packed-state.js';

export function send(state: PackedState, op: MicroOp, by: Performer): void {
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
