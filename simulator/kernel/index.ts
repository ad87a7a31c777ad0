/**
 * What other rooms need to run kernel and driver code by themselves: a world, the operations it is made of, and the pieces that
 * strategies are written in.
 */
export { buildWorld, type World } from '../world.js';
export { isQuestion, Lookup, type Micro, type MicroOp, micro, Op, type OpCode, Walk } from '../micro-ops.js';
export { STEP_NUMBER, type StepName } from '../steps.js';
export type { StrategyCode, StrategyOptions } from '../strategies/define.js';
export { Changes } from '../machine/changes.js';
export {
  CARRIER,
  CLAIM,
  EXIT_REASON,
  FAULT_HANDLER,
  FLUSH_REASON,
  LOCK,
  NOTIFIER,
  PTE_CAUSE,
} from '../machine/codes.js';
export { Cover } from '../machine/flushes.js';
export {
  ACTOR_DEVICE,
  ACTOR_HARVEST,
  ACTOR_HOST,
  ACTOR_KERNEL,
  ACTOR_PROGRAM,
  actorNames,
} from '../machine/journal.js';
export { Machine } from '../machine/machine.js';
export { ANY_MAPPED, DIFFERS, START_OF_OBJECT, START_OF_SECOND_STAGE } from '../machine/order.js';
export { snapshotOf } from '../machine/snapshot.js';
export type { RangeWalk } from '../walk-specification.js';
export { access, type Part, type Tracking } from './access.js';
export { transfer } from './consume.js';
export { dirtyTrap, mapOnFault, mapUnder, upgradeEntry, upgradeUnder, WRITTEN } from './faults.js';
export { flushGuest, flushRange, flushSpace } from './flush.js';
export { forEachMarked, forEachMarkedInterval, forEachPart, forEachRun, forEachVma } from './object.js';
export { type Extent, operate } from './operations.js';
export { rangeWalk, type WalkResult } from './range-walk.js';
export { notifyEnd, notifyStart, restrict } from './restrict.js';
export { FIRST_FREE_VARIABLE, recall, remember, VARIABLE } from './variables.js';
export { cleaning, protecting } from './walks.js';
