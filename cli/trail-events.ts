/** Single events of a trail in words, for evidence: fetched by seq, described from their definitions. */
import { formatAddress, formatPage } from '../base/index.js';
import type { EventBatch, EventDefinition, TrailMeta, TrailReader } from '../traces/index.js';

export interface EventText {
  readonly seq: number;
  readonly timeNs: number;
  /** -1: a device. */
  readonly cpu: number;
  readonly kind: string;
  /** Name of the protocol step; '' for none. */
  readonly step: string;
  /** What happened: page and fields. */
  readonly text: string;
}

export type Traces = typeof import('../traces/index.js');

/** The events with these seqs, by seq; those that the trail does not hold are left out. Reads each chunk once. */
export async function eventsAt(reader: TrailReader, seqs: Iterable<number>): Promise<Map<number, EventText>> {
  const traces = await import('../traces/index.js');
  const byChunk = new Map<number, number[]>();
  for (const seq of new Set(seqs)) {
    const chunk = reader.chunkOf(seq);
    if (chunk >= 0) byChunk.set(chunk, [...(byChunk.get(chunk) ?? []), seq]);
  }
  const events = new Map<number, EventText>();
  const batch = new traces.EventBatch();
  for (const [chunk, wanted] of byChunk) {
    reader.readChunk(chunk, batch);
    for (const seq of wanted) events.set(seq, eventText(traces, reader.meta, batch, seq - batch.firstSeq));
  }
  return events;
}

/** The event in a row of a batch that holds every kind. */
export function eventText(traces: Traces, meta: TrailMeta, batch: EventBatch, row: number): EventText {
  const definition = traces.EVENT_BY_CODE[batch.kind[row]!];
  return {
    seq: batch.firstSeq + row,
    timeNs: batch.time[row]!,
    cpu: batch.cpu[row]!,
    kind: definition?.kind ?? `kind ${batch.kind[row]}`,
    step: meta.steps[batch.step[row]!] ?? '',
    text: definition === undefined ? '' : fieldsText(traces, meta, definition, batch, row),
  };
}

function fieldsText(
  traces: Traces,
  meta: TrailMeta,
  definition: EventDefinition,
  batch: EventBatch,
  row: number,
): string {
  const field = (name: string): number => batch.slots[definition.slot[name]!]![row]!;
  const page = batch.page[row]!;
  switch (definition.kind) {
    case 'write':
    case 'read':
      return `${field('size')} bytes at ${formatAddress(page, field('offset'))}`;
    case 'pte': {
      const layout = traces.pteLayout((meta.spaces[batch.space[row]!] ?? meta.spaces[0]!).layout);
      const was = layout.describe(field('oldLow'), field('oldHigh'));
      const is = layout.describe(field('newLow'), field('newHigh'));
      return `page ${formatPage(page)}: ${was} -> ${is} (${traces.PTE_CAUSES[field('cause')]})`;
    }
    case 'mark': {
      const verb = field('value') === 1 ? 'set' : 'cleared';
      return `${pageRange(page, field('pages'))}: ${traces.CARRIERS[field('carrier')]} ${verb}`;
    }
    default: {
      const words = Object.entries(definition.fields)
        .filter(([name]) => name !== 'pages' && name !== 'cost' && name !== 'program')
        .map(([name, { unit }]) => `${name} ${fieldValue(traces, unit, field(name))}`);
      const where =
        definition.hasPage && page >= 0 ? [pageRange(page, 'pages' in definition.fields ? field('pages') : 1)] : [];
      return [...where, ...words].join(', ');
    }
  }
}

function pageRange(page: number, pages: number): string {
  return pages <= 1 ? `page ${formatPage(page)}` : `pages ${formatPage(page)}..${formatPage(page + pages - 1)}`;
}

function fieldValue(traces: Traces, unit: string, value: number): string {
  const words = traces.ENUMERATIONS[unit];
  if (words !== undefined) return words[value] ?? String(value);
  switch (unit) {
    case 'frame':
      return formatPage(value);
    case 'tlbFlags':
      return flagNames(value, [
        [traces.TLB_WRITABLE, 'W'],
        [traces.TLB_DIRTY, 'D'],
      ]);
    case 'faultBits':
      return flagNames(value, [
        [traces.FAULT_PRESENT, 'P'],
        [traces.FAULT_WRITE, 'W'],
        [traces.FAULT_USER, 'U'],
      ]);
    case 'carrierMask':
      return traces.CARRIERS.filter((_, code) => value & (1 << code)).join('+') || 'none';
    default:
      return String(value);
  }
}

function flagNames(value: number, names: ReadonlyArray<readonly [number, string]>): string {
  return (
    names
      .filter(([bit]) => value & bit)
      .map(([, name]) => name)
      .join('') || 'none'
  );
}
