/**
 * The one list of event kinds. To add a kind: write its file, add its line here. Codes are on disk and never reused.
 */
import type { EventDefinition } from './define.js';
import { cacheFlush } from './cache-flush.js';
import { declare } from './declare.js';
import { exit } from './exit.js';
import { fault } from './fault.js';
import { flushAck } from './flush-ack.js';
import { flushQueue } from './flush-queue.js';
import { flushSend } from './flush-send.js';
import { frameMove } from './frame-move.js';
import { gap } from './gap.js';
import { harvestBegin } from './harvest-begin.js';
import { harvestEnd } from './harvest-end.js';
import { lock } from './lock.js';
import { map } from './map.js';
import { mark } from './mark.js';
import { note } from './note.js';
import { operation } from './operation.js';
import { notifier } from './notifier.js';
import { pte } from './pte.js';
import { read } from './read.js';
import { report } from './report.js';
import { methodSwitch } from './switch.js';
import { tableAlloc } from './table-alloc.js';
import { tlbEvict } from './tlb-evict.js';
import { tlbFill } from './tlb-fill.js';
import { tlbUpdate } from './tlb-update.js';
import { transfer } from './transfer.js';
import { unlock } from './unlock.js';
import { unmap } from './unmap.js';
import { walk } from './walk.js';
import { write } from './write.js';

export const EVENT_KINDS = [
  write,
  read,
  tlbFill,
  tlbUpdate,
  tlbEvict,
  fault,
  pte,
  mark,
  flushQueue,
  flushSend,
  flushAck,
  cacheFlush,
  notifier,
  frameMove,
  map,
  unmap,
  harvestBegin,
  report,
  transfer,
  harvestEnd,
  exit,
  methodSwitch,
  lock,
  unlock,
  gap,
  note,
  walk,
  operation,
  tableAlloc,
  declare,
] as const;

export { defineEvent, MAX_FIELDS, type EventDefinition, type EventField, type FieldCoding } from './define.js';
export {
  cacheFlush,
  declare,
  exit,
  fault,
  flushAck,
  flushQueue,
  flushSend,
  frameMove,
  gap,
  harvestBegin,
  harvestEnd,
  lock,
  map,
  mark,
  note,
  operation,
  notifier,
  pte,
  read,
  report,
  methodSwitch,
  tableAlloc,
  tlbEvict,
  tlbFill,
  tlbUpdate,
  transfer,
  unlock,
  unmap,
  walk,
  write,
};

/** Definition by code on disk; undefined for a code this version does not know. */
export const EVENT_BY_CODE: ReadonlyArray<EventDefinition | undefined> = (() => {
  const byCode: Array<EventDefinition | undefined> = [];
  for (const definition of EVENT_KINDS) byCode[definition.code] = definition;
  return byCode;
})();

/** Slot of the field `pages`, the length of a range, by code; -1 for kinds that speak of one page or none. */
export const PAGES_SLOT = Int8Array.from({ length: 256 }, (_, code) => EVENT_BY_CODE[code]?.slot['pages'] ?? -1);
