/**
 * Where to begin with a long recording: not with all of it. A finding names a page and events, and its cause is as a rule in the accesses to that page,
 * to pages that share its TLB sets, and in the epochs around. Those are tried first, the fewest first; all accesses come last.
 */
import type { Finding } from '../../analyzer/index.js';
import { chunkOfSeq, seqOf } from '../../replayer/index.js';
import { EVENT_BY_CODE, EventBatch, kindMask, operation, read, type TrailReader, write } from '../../traces/index.js';
import type { Position, Wish } from './recorded-steps.js';
import { isOperation, partsOf, type Step } from './steps.js';

export interface Level {
  /** What is looked at, in words. */
  readonly about: string;
  readonly wish: Wish;
}

/** Accesses of one CPU to one page in one epoch that may differ in what they do: the first fills, the second hits. */
const FEW = 2;
/** Epochs before the last event of the finding in which its cause is looked for first. */
const EPOCHS_AROUND = 3;
/** Pages of a range of evidence beyond which it says nothing of single pages. */
const RANGE_MAX = 8;
/** Steps of a program that is played again and again; those of the last resort, which is played some dozens of times. */
const STEPS_MAX = 200_000;
const STEPS_LAST_RESORT = 2_000_000;
const ACCESSES = kindMask('write', 'read', 'operation');

/** From the fewest accesses to all of them. @param epochOf the epoch of the finding's last event */
export function levelsOf(reader: TrailReader, finding: Finding): Level[] {
  const { sets } = reader.meta.tlb;
  const lastSeq = Math.max(finding.seq ?? 0, ...finding.evidence.map(({ seq }) => seq));
  const lastEvent = accessEventsUpTo(reader, lastSeq);
  const lastEpoch = harvestsUpTo(reader, lastSeq);
  const pages = pagesOf(reader, finding);
  const neighbours = new Set([...pages].map((page) => page % sets));
  const onPages = (step: Step) => isOperation(step) || touches(step, (page) => pages.has(page));
  const beside = (step: Step) => isOperation(step) || touches(step, (page) => neighbours.has(page % sets));
  const recent = ({ epoch }: Position) => epoch + EPOCHS_AROUND > lastEpoch;
  const wish = { lastEvent, mergeHarvests: false, most: STEPS_MAX };
  const aboutPage: Level[] = [
    { about: 'a few accesses to its page in each epoch', wish: { ...wish, mergeHarvests: true, wants: few(onPages) } },
    { about: 'all accesses to its page', wish: { ...wish, wants: onPages } },
    {
      about: 'accesses in its TLB sets, in the epochs around',
      wish: { ...wish, wants: (step, position) => recent(position) && beside(step) },
    },
    { about: 'all accesses in its TLB sets', wish: { ...wish, wants: beside } },
  ];
  return [
    ...(pages.size > 0 ? aboutPage : []),
    { about: 'all accesses of the epochs around', wish: { ...wish, wants: (_, position) => recent(position) } },
    { about: 'all accesses up to it', wish: { ...wish, most: STEPS_LAST_RESORT, wants: () => true } },
    {
      about: 'all accesses',
      wish: { ...wish, most: STEPS_LAST_RESORT, lastEvent: Number.MAX_SAFE_INTEGER, wants: () => true },
    },
  ];
}

/** The first few of what is wanted, of each kind by each CPU and process in each epoch. */
function few(wants: (step: Step) => boolean): Wish['wants'] {
  const counts = new Map<string, number>();
  let now = -1;
  return (step, { epoch }) => {
    if (!wants(step)) return false;
    if (epoch !== now) counts.clear();
    now = epoch;
    const key = `${step.kind} ${step.cpu} ${step.process} ${step.page}`;
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return count <= FEW;
  };
}

function touches({ kind, page, offset, size }: Step, wanted: (page: number) => boolean): boolean {
  for (let part = partsOf(kind, offset, size) - 1; part >= 0; part--) if (wanted(page + part)) return true;
  return false;
}

/** The page of the finding, those that its evidence names, and those at the other place of an alias. */
function pagesOf(reader: TrailReader, { page, evidence }: Finding): Set<number> {
  const pages = new Set(page === null ? [] : [page]);
  const batch = new EventBatch();
  for (const { seq } of page === null ? [] : evidence) {
    reader.readChunk(chunkOfSeq(reader, seq), batch);
    const row = seq - batch.firstSeq;
    const from = batch.page[row]!;
    const slot = EVENT_BY_CODE[batch.kind[row]!]?.slot['pages'];
    const count = slot === undefined ? 1 : batch.slots[slot]![row]!;
    if (from >= 0 && count <= RANGE_MAX) for (let at = 0; at < count; at++) pages.add(from + at);
  }
  const { aliasFrom, aliasTo, aliasPages } = reader.meta.options;
  if (aliasFrom === undefined || aliasTo === undefined || aliasPages === undefined) return pages;
  const twins = [...pages].flatMap((one) => [
    ...(one >= aliasFrom && one < aliasFrom + aliasPages ? [one - aliasFrom + aliasTo] : []),
    ...(one >= aliasTo && one < aliasTo + aliasPages ? [one - aliasTo + aliasFrom] : []),
  ]);
  return new Set([...pages, ...twins]);
}

/** Events of accesses and operations among the first `seq` events. */
function accessEventsUpTo(reader: TrailReader, seq: number): number {
  if (seq < 1) return 0;
  const within = chunkOfSeq(reader, seq);
  let events = 0;
  for (const { counts } of reader.chunks.slice(0, within))
    for (const { kind } of [write, read, operation]) events += counts[kind] ?? 0;
  const batch = new EventBatch();
  reader.readChunk(within, batch, ACCESSES);
  for (let row = 0; row < batch.length && seqOf(batch, row) <= seq; row++) events++;
  return events;
}

/** Harvests that ended among the first `seq` events, so the number of the epoch, from 0. */
function harvestsUpTo(reader: TrailReader, seq: number): number {
  if (seq < 1) return 0;
  const within = chunkOfSeq(reader, seq);
  let harvests = 0;
  for (const { counts } of reader.chunks.slice(0, within)) harvests += counts['harvest-end'] ?? 0;
  const batch = new EventBatch();
  reader.readChunk(within, batch, kindMask('harvest-end'));
  for (let row = 0; row < batch.length && seqOf(batch, row) <= seq; row++) harvests++;
  return harvests;
}
