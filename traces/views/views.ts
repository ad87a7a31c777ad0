/** The one list of storage views. To add one: write it in a file, add its line here. */
import { reads, writes, writesIn } from './accesses.js';
import type { ViewDefinition } from './define.js';
import { events, eventsIn } from './events.js';
import { harvests, marks, reports, transfers } from './harvests.js';
import { exits, faults, flushes, operations, tlb } from './machine.js';
import { meta } from './meta.js';
import { pteChanges } from './pte-changes.js';

export const VIEWS: readonly ViewDefinition[] = [
  events,
  writes,
  reads,
  faults,
  pteChanges,
  tlb,
  flushes,
  marks,
  harvests,
  reports,
  transfers,
  exits,
  operations,
  meta,
  writesIn,
  eventsIn,
];
