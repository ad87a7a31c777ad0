/** Views of what the machine did: faults, TLB, flushes, VM exits, and what was done to the object besides accesses. */
import {
  exit,
  fault,
  flushAck,
  flushQueue,
  flushSend,
  operation,
  tlbEvict,
  tlbFill,
  tlbUpdate,
} from '../events/index.js';
import { FAULT_PRESENT, FAULT_WRITE, TLB_DIRTY, TLB_HUGE, TLB_WRITABLE } from '../vocabulary.js';
import { COMMON, fieldColumn, flagColumn, KIND, PAGE, slotsOf } from './columns.js';
import { eventView } from './event-view.js';

const ERROR_SLOTS = slotsOf([fault], 'error');

export const faults = eventView({
  name: 'faults',
  about: 'Every page fault.',
  example: 'SELECT handler, count(*), sum(cost_ns) FROM faults GROUP BY handler',
  kinds: [fault],
  columns: [
    ...COMMON,
    PAGE,
    fieldColumn([fault], 'handler', 'handler'),
    fieldColumn([fault], 'error', 'error'),
    flagColumn('present', 'the entry was present: a protection fault', ERROR_SLOTS, FAULT_PRESENT),
    flagColumn('is_write', 'a store caused it', ERROR_SLOTS, FAULT_WRITE),
    fieldColumn([fault], 'cost', 'cost_ns'),
  ],
});

const TLB_KINDS = [tlbFill, tlbUpdate, tlbEvict];
const FLAG_SLOTS = slotsOf(TLB_KINDS, 'flags');

export const tlb = eventView({
  name: 'tlb',
  about: 'Fills, updates and evictions of TLB entries. Entries that a flush removed are in `flushes` (kind flush-ack).',
  example: "SELECT cpu, count(*) AS misses FROM tlb WHERE kind = 'tlb-fill' GROUP BY cpu",
  kinds: TLB_KINDS,
  columns: [
    ...COMMON,
    KIND,
    PAGE,
    fieldColumn(TLB_KINDS, 'slot', 'slot'),
    fieldColumn(TLB_KINDS, 'frame', 'frame'),
    fieldColumn(TLB_KINDS, 'asid', 'asid'),
    flagColumn('writable', 'W of the entry after it; NULL for tlb-evict', FLAG_SLOTS, TLB_WRITABLE),
    flagColumn('dirty', 'D of the entry after it; NULL for tlb-evict', FLAG_SLOTS, TLB_DIRTY),
    flagColumn('huge', 'it covers the 512 pages from page on; NULL for tlb-evict', FLAG_SLOTS, TLB_HUGE),
    fieldColumn(TLB_KINDS, 'reason', 'reason'),
  ],
});

const FLUSH_KINDS = [flushQueue, flushSend, flushAck];

export const flushes = eventView({
  name: 'flushes',
  about:
    'TLB flushes in their three steps: owed (flush-queue), sent (flush-send, one per range request), done (flush-ack, on each CPU).',
  example:
    "SELECT reason, count(*) AS requests, sum(targets) AS ipis FROM flushes WHERE kind = 'flush-send' GROUP BY reason",
  kinds: FLUSH_KINDS,
  columns: [
    ...COMMON,
    KIND,
    PAGE,
    fieldColumn(FLUSH_KINDS, 'pages', 'pages'),
    fieldColumn(FLUSH_KINDS, 'scope', 'scope'),
    fieldColumn(FLUSH_KINDS, 'targets', 'targets'),
    fieldColumn(FLUSH_KINDS, 'reason', 'reason'),
    fieldColumn(FLUSH_KINDS, 'cost', 'cost_ns'),
  ],
});

export const exits = eventView({
  name: 'exits',
  about: 'Every exit of a virtual CPU.',
  example: 'SELECT reason, count(*), sum(cost_ns) FROM exits GROUP BY reason',
  kinds: [exit],
  columns: [
    ...COMMON,
    { ...PAGE, about: 'page number (address / 4096); NULL where the exit is about no page' },
    fieldColumn([exit], 'reason', 'reason'),
    fieldColumn([exit], 'cost', 'cost_ns'),
  ],
});

export const operations = eventView({
  name: 'operations',
  about: 'What was done to the tracked object besides accesses. What came of it follows in the other views.',
  example: 'SELECT operation, count(*) FROM operations GROUP BY operation',
  kinds: [operation],
  columns: [
    ...COMMON,
    { ...PAGE, about: 'page number (address / 4096); NULL for the whole object' },
    fieldColumn([operation], 'pages', 'pages'),
    fieldColumn([operation], 'operation', 'operation'),
    fieldColumn([operation], 'program', 'program_ns'),
  ],
});
