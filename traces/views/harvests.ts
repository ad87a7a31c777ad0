/** Views of tracking: marks, harvests and what they told and gave the consumer. */
import { harvestBegin, harvestEnd, mark, report, transfer } from '../events/index.js';
import { COMMON, type EventColumn, fieldColumn, PAGE } from './columns.js';
import type { Cell, ViewContext, ViewDefinition } from './define.js';
import { eventView, maskOf } from './event-view.js';

export const marks = eventView({
  name: 'marks',
  about: 'Every time a carrier of dirtiness other than the entry itself was set or cleared.',
  example: 'SELECT carrier, sum(pages * value) AS pages_set FROM marks GROUP BY carrier',
  kinds: [mark],
  columns: [
    ...COMMON,
    PAGE,
    fieldColumn([mark], 'pages', 'pages'),
    fieldColumn([mark], 'carrier', 'carrier'),
    fieldColumn([mark], 'value', 'value'),
  ],
});

export const reports = eventView({
  name: 'reports',
  about: 'Every range of pages that the consumer was told is dirty.',
  example: 'SELECT page, count(*) AS times FROM reports GROUP BY page ORDER BY times DESC LIMIT 5',
  kinds: [report],
  columns: [...COMMON, PAGE, fieldColumn([report], 'pages', 'pages')],
});

export const transfers = eventView({
  name: 'transfers',
  about: 'Every range of pages whose bytes the consumer read.',
  example: 'SELECT sum(size_bytes), sum(cost_ns) FROM transfers',
  kinds: [transfer],
  columns: [
    ...COMMON,
    PAGE,
    fieldColumn([transfer], 'pages', 'pages'),
    fieldColumn([transfer], 'bytes', 'size_bytes'),
    fieldColumn([transfer], 'cost', 'cost_ns'),
  ],
});

const [, , CPU, ACTOR] = COMMON as [EventColumn, EventColumn, EventColumn, EventColumn];

export const harvests: ViewDefinition = {
  name: 'harvests',
  about: 'One row per harvest. Epoch k lies between the ends of harvests k-1 and k.',
  example: 'SELECT harvest, end_ns - time_ns AS duration_ns, reported_pages FROM harvests',
  columns: [
    { name: 'harvest', unit: 'ordinal', about: 'which harvest, from 1' },
    { name: 'seq', unit: 'position', about: 'its first event' },
    { name: 'end_seq', unit: 'position', about: 'its last event; NULL where the trail ends inside' },
    { name: 'time_ns', unit: 'ns', about: 'simulated time of its first event' },
    { name: 'end_ns', unit: 'ns', about: 'simulated time of its last event; NULL where the trail ends inside' },
    CPU,
    ACTOR,
    { name: 'reported_pages', unit: 'pages', about: 'pages reported in it' },
    { name: 'transferred_bytes', unit: 'bytes', about: 'bytes transferred in it' },
  ],
  rows: harvestRows,
};

const HARVEST_KINDS = maskOf([harvestBegin, harvestEnd, report, transfer]);

function* harvestRows({ trail, borrow, giveBack }: ViewContext): Generator<Cell[]> {
  let row: Cell[] | null = null;
  let reported = 0;
  let transferred = 0;
  const finish = (begun: Cell[], endSeq: Cell, endNs: Cell): Cell[] => {
    begun[2] = endSeq;
    begun[4] = endNs;
    begun[7] = reported;
    begun[8] = transferred;
    return begun;
  };
  for (const [index, chunk] of trail.chunks.entries()) {
    if ((chunk.kinds & HARVEST_KINDS) === 0) continue;
    const batch = borrow(index, HARVEST_KINDS);
    try {
      for (let i = 0; i < batch.length; i++) {
        const seq = batch.firstSeq + batch.row[i]!;
        const time = batch.time[i]!;
        switch (batch.kind[i]) {
          case harvestBegin.code:
            if (row !== null) yield finish(row, null, null);
            reported = 0;
            transferred = 0;
            row = [batch.slots[harvestBegin.slot.harvest]![i]!, seq, null, time, null, null, null, 0, 0];
            row[5] = CPU.read(batch, i, trail.meta);
            row[6] = ACTOR.read(batch, i, trail.meta);
            break;
          case report.code:
            reported += batch.slots[report.slot.pages]![i]!;
            break;
          case transfer.code:
            transferred += batch.slots[transfer.slot.bytes]![i]!;
            break;
          default:
            if (row !== null) yield finish(row, seq, time);
            row = null;
        }
      }
    } finally {
      giveBack(batch);
    }
  }
  if (row !== null) yield finish(row, null, null);
}
