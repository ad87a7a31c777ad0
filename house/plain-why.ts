/**
 * The chain of a lost page as one would find it by hand: go through all events, write down whatever happened to the page and its frame, and then ask of
 * that list which link of "a write leaves a mark, the mark is cleared, stale translations are flushed, the bytes are read" is not there.
 */
import { PAGES_PER_TABLE } from '../base/index.js';
import { NaiveFold } from '../replayer/testing/naive-fold.js';
import {
  CARRIERS,
  FLUSH_REASONS,
  FLUSH_SCOPES,
  PTE_CAUSES,
  PTE_DIRTY,
  PTE_HUGE,
  PTE_PRESENT,
  PTE_WRITABLE,
  pteLayout,
  TLB_DIRTY,
  TLB_HUGE,
  TLB_WRITABLE,
} from '../traces/index.js';
import { type PlainEvent, type PlainTrail, speaksOf } from './plain-trail.js';

type Held = NaiveFold['entries'][number];

/** Something that happened to the page. */
interface Deed {
  readonly event: PlainEvent;
  /** Of the round it happened in; 0 outside any. */
  readonly harvest: number;
  /** It reached the frame of the page. */
  readonly wrote: boolean;
  readonly markedBefore: boolean;
  readonly markedAfter: boolean;
  /** Masks of the carriers that the consumer reads. */
  readonly carriersBefore: number;
  readonly carriersAfter: number;
  /** Writes that the frame has seen, and those that the consumer has, after it. */
  readonly generation: number;
  readonly captured: number;
  /** What the writing CPU had cached, when it got that, and what memory allowed; of writes. */
  readonly through: (Held & { fill: number; grant: number }) | null;
  readonly allowed: number;
  readonly allowedFrame: string;
  /** Flags that the entry lost; of changes of the entry. */
  readonly took: number;
  /** A CPU forgot what it had cached of the page. */
  readonly acknowledged: boolean;
}

/** What is expected of `why`: the events in order, a step that is missing as the two events around it. */
export interface PlainChain {
  readonly cause: string;
  readonly links: readonly string[];
  /** Those of the links that went wrong. */
  readonly guilty: readonly string[];
}

export class PlainStory {
  readonly deeds: Deed[] = [];
  /** The last transfer of any page, by round. */
  readonly lastTransfer = new Map<number, number>();
  constructor(
    readonly space: number,
    readonly page: number,
  ) {}
}

/** All that happened to some pages, from the first event to the last. */
export function storiesOf(trail: PlainTrail, pages: ReadonlyArray<{ space: number; page: number }>): PlainStory[] {
  const fold = new NaiveFold(trail.meta);
  const stories = pages.map(({ space, page }) => new PlainStory(space, page));
  const since = new WeakMap<Held, { fill: number; grant: number }>();
  const carriers = stories.map(() => 0);
  let harvest = 0;
  const frameOf = ({ space, page }: PlainStory) => fold.frames.get(fold.pages.get(`${space}:${page}`)?.frame ?? '');
  for (let seq = 1; seq <= trail.events; seq++) {
    const event = trail.at(seq);
    if (event.kind === 'harvest-begin') harvest = event.fields['harvest']!;
    const before = stories.map((story) => frameOf(story)?.generation ?? 0);
    const held = event.kind === 'write' ? heldBy(fold, event) : null;
    const allowed = stories.map(({ space, page }) => fold.flags(space, page));
    const frames = stories.map(({ space, page }) => fold.pages.get(`${space}:${page}`)?.frame ?? '');
    fold.apply(trail.batchOf(seq));
    if (event.kind === 'tlb-fill') since.set(fold.entries.at(-1)!, { fill: seq, grant: seq });
    if (event.kind === 'tlb-update') {
      const entry = fold.entries.find((one) => one.cpu === event.cpu && one.slot === event.fields['slot']);
      if (entry !== undefined) since.set(entry, { ...since.get(entry)!, grant: seq });
    }
    stories.forEach((story, at) => {
      const frame = frameOf(story);
      const wrote = event.kind === 'write' && (frame?.generation ?? 0) > before[at]!;
      if (event.kind === 'write' && !wrote) return;
      const now = fold.carriersOf(story.space, story.page);
      const acknowledged = event.kind === 'flush-ack' && acknowledges(event, story);
      if (event.kind === 'transfer') story.lastTransfer.set(harvest, seq);
      const isAbout =
        wrote || acknowledged || speaksOf(event, story.space, story.page) || isOfHuge(trail, event, story);
      const was = carriers[at]!;
      if (isAbout || was !== now)
        story.deeds.push({
          event,
          harvest,
          wrote,
          markedBefore: was !== 0,
          markedAfter: now !== 0,
          carriersBefore: was,
          carriersAfter: now,
          generation: frame?.generation ?? 0,
          captured: frame?.captured ?? 0,
          through: held === null ? null : { ...held, ...since.get(held)! },
          allowed: allowed[at]!,
          allowedFrame: frames[at]!,
          took: event.kind === 'pte' ? tookAway(trail, event) : 0,
          acknowledged,
        });
      carriers[at] = now;
    });
    if (event.kind === 'harvest-end') harvest = 0;
  }
  return stories;
}

/** Which link is not there, and the events that show it; null for a page that is not lost. */
export function chainOf(story: PlainStory, { events: lastSeq, meta: { carriers } }: PlainTrail): PlainChain | null {
  const { deeds } = story;
  const end = deeds.at(-1);
  const write = firstLacking(deeds);
  if (write === null || end?.markedAfter === true) return null;
  const at = write.event.seq;
  const transfer = lastOf(deeds, ({ event }) => event.kind === 'transfer');
  const cleared = lastOf(deeds, ({ markedBefore, markedAfter }) => markedBefore && !markedAfter);
  const clearedBefore = lastOf(deeds, (deed) => deed.markedBefore && !deed.markedAfter && deed.event.seq < at);
  const restriction = lastOf(deeds, ({ event, took }) => took !== 0 && event.seq < at);
  const restrictionAfter = deeds.find(({ event, took }) => took !== 0 && event.seq > at);
  const acks = deeds.filter(({ event, acknowledged }) => acknowledged && event.cpu === write.event.cpu);
  const ackBefore = lastOf(acks, ({ event }) => event.seq < at);
  const ackAfter = acks.find(({ event }) => event.seq > at);
  const fill = write.through && String(write.through.fill);
  const name = (deed: Deed | undefined) => (deed === undefined ? null : String(deed.event.seq));
  const gap = (after: Deed | undefined, before?: Deed) =>
    after &&
    `${after.event.seq}..${before !== undefined && before.event.seq > after.event.seq ? before.event.seq : lastSeq + 1}`;
  const chain = (
    cause: string,
    links: ReadonlyArray<string | null | undefined>,
    ...guilty: Array<string | null | undefined>
  ) => ({
    cause,
    links: [...new Set(links.filter((link) => link != null))].sort((a, b) => placeOf(a) - placeOf(b)),
    guilty: guilty.filter((link) => link != null),
  });

  if (transfer !== undefined && transfer.event.seq > at) {
    const missing = gap(write, transfer);
    return chain('caches-not-flushed', [name(write), missing, name(transfer)], missing);
  }
  if (cleared !== undefined && cleared.event.seq > at) {
    const sets = lastOf(deeds, (deed) => isWalkerSettingDirty(deed));
    if (isPlainStore(cleared))
      return chain('overwritten-dirty', [fill, name(sets), name(cleared), name(write)], name(cleared));
    if (PTE_CAUSES[cleared.event.fields['cause']!] === 'unmap' && cleared.event.kind === 'pte') {
      const missing = gap(cleared);
      return chain('unmapped-uncollected', [name(write), name(cleared), missing], name(cleared), missing);
    }
    const inRound = cleared.harvest > 0 && transfer?.harvest === cleared.harvest ? transfer.event.seq : 0;
    const overBefore = cleared.harvest > 0 ? (story.lastTransfer.get(cleared.harvest) ?? 0) : 0;
    const early = inRound > 0 ? inRound : overBefore > 0 && overBefore < cleared.event.seq ? overBefore : 0;
    if (early > 0) return chain('transfer-before-clear', [String(early), name(write), name(cleared)], String(early));
    const missing = gap(cleared);
    return chain(
      'dropped-mark',
      [name(write), name(cleared), missing],
      name(cleared),
      isHandedOn(cleared, carriers) ? missing : null,
    );
  }
  if (clearedBefore !== undefined && isPlainStore(clearedBefore) && clearedBefore === restriction) {
    const sets = lastOf(deeds, (deed) => isWalkerSettingDirty(deed));
    return chain('overwritten-dirty', [fill, name(sets), name(clearedBefore), name(write)], name(clearedBefore));
  }
  const allowsMore = write.through !== null && exceeds(write, story);
  if (!allowsMore) {
    if (transfer !== undefined && transfer.harvest > 0 && restrictionAfter?.harvest === transfer.harvest)
      return chain(
        'transfer-before-flush',
        [fill, name(restriction), name(transfer), name(write), name(restrictionAfter), name(ackAfter)],
        name(transfer),
      );
    if (clearedBefore !== undefined) {
      const missing = gap(clearedBefore, write);
      return chain('not-armed', [name(clearedBefore), missing, name(transfer), name(write)], missing);
    }
    const missing = gap(write);
    return chain('never-marked', [name(transfer), fill, name(write), missing], missing);
  }
  if (restriction === undefined || write.through!.grant > restriction.event.seq) {
    const missing = `${write.through!.grant}..${at}`;
    return chain('dirty-never-set', [name(restriction), String(write.through!.grant), missing, name(write)], missing);
  }
  const round = restriction.harvest;
  if (round > 0 && ackAfter?.harvest === round && transfer?.harvest === round)
    return chain(
      'transfer-before-flush',
      [fill, name(restriction), name(transfer), name(write), name(restrictionAfter), name(ackAfter)],
      name(transfer),
    );
  const missing = gap(
    restriction,
    transfer !== undefined && transfer.event.seq > restriction.event.seq ? transfer : write,
  );
  const reason = FLUSH_REASONS[ackBefore?.event.fields['reason'] ?? -1] ?? '';
  if (
    ackBefore !== undefined &&
    !['fault', 'unmap', 'move'].includes(reason) &&
    round > 0 &&
    ackBefore.harvest === round &&
    ackBefore.event.seq < restriction.event.seq
  )
    return chain(
      'flush-before-change',
      [fill, name(ackBefore), name(restriction), missing, name(transfer), name(write)],
      name(ackBefore),
    );
  return chain(
    'missing-flush',
    [fill, name(restriction), missing, name(clearedBefore), name(transfer), name(write)],
    missing,
  );
}

/** The first write that the consumer lacks. The frame has seen `generation`, of which it has `captured`: it is the one after those. */
function firstLacking(deeds: readonly Deed[]): Deed | null {
  const { generation, captured } = deeds.at(-1) ?? { generation: 0, captured: 0 };
  const writes = deeds.filter(({ wrote }) => wrote);
  return generation > captured ? writes[writes.length - generation + captured]! : null;
}

/** Why a page is as it is after an event, if it is not lost then: the last transfer, the write that counts, and what set or took its mark. */
export function linksOfPage({ deeds }: PlainStory, seq: number): string[] | null {
  const sofar = deeds.filter(({ event }) => event.seq <= seq);
  const lacking = firstLacking(sofar);
  const carriers = sofar.at(-1)?.carriersAfter ?? 0;
  if (lacking !== null && carriers === 0) return null;
  const transfer = lastOf(sofar, ({ event }) => event.kind === 'transfer');
  const write = lacking ?? lastOf(sofar, ({ wrote }) => wrote);
  const mark =
    carriers === 0
      ? lastOf(sofar, ({ markedBefore, markedAfter }) => markedBefore && !markedAfter)
      : lastOf(sofar, ({ carriersBefore, carriersAfter }) => (carriersAfter & ~carriersBefore & carriers) !== 0);
  const seqs = [transfer, write, mark].flatMap((deed) => (deed === undefined ? [] : [deed.event.seq]));
  return [...new Set(seqs)].sort((a, b) => a - b).map(String);
}

/** Whether the consumer works from a list, into which goes what was taken from the entry or from another mark. */
function isHandedOn({ event }: Deed, carriers: readonly string[]): boolean {
  const taken = event.kind === 'mark' ? CARRIERS[event.fields['carrier']!] : 'pte-dirty';
  return carriers.some((carrier) => carrier !== taken && ['bitmap', 'snapshot', 'fault-list'].includes(carrier));
}

/** Where a link stands in the chain: a missing step right after the event that it should have followed. */
function placeOf(link: string): number {
  return link.includes('..') ? Number(link.split('..')[0]) + 0.5 : Number(link);
}

function heldBy(fold: NaiveFold, { cpu, space, page }: PlainEvent): Held | null {
  const mine = fold.entries.filter((entry) => entry.cpu === cpu && entry.space === space);
  return (
    mine.find((entry) => entry.page === page) ??
    mine.find((entry) => entry.flags & TLB_HUGE && entry.page === page - (page % PAGES_PER_TABLE)) ??
    null
  );
}

function acknowledges(event: PlainEvent, { space, page }: PlainStory): boolean {
  const scope = FLUSH_SCOPES[event.fields['scope']!];
  if (scope === 'all') return true;
  return event.space === space && (scope === 'space' || speaksOf(event, space, page));
}

function isOfHuge(trail: PlainTrail, event: PlainEvent, { space, page }: PlainStory): boolean {
  if (event.kind !== 'pte' || event.space !== space || event.page !== page - (page % PAGES_PER_TABLE)) return false;
  const [before, after] = flagsOf(trail, event);
  return ((before! | after!) & PTE_HUGE) !== 0;
}

function flagsOf({ meta }: PlainTrail, { space, fields }: PlainEvent): number[] {
  const layout = pteLayout(meta.spaces[space]!.layout);
  return [layout.flags(fields['oldLow']!, fields['oldHigh']!), layout.flags(fields['newLow']!, fields['newHigh']!)];
}

function tookAway(trail: PlainTrail, event: PlainEvent): number {
  const [before, after] = flagsOf(trail, event);
  return before! & ~after! & (PTE_PRESENT | PTE_WRITABLE | PTE_DIRTY);
}

function isWalkerSettingDirty({ event, allowed }: Deed): boolean {
  // `allowed` is what the entry was before the event.
  return event.kind === 'pte' && PTE_CAUSES[event.fields['cause']!] === 'walker' && (allowed & PTE_DIRTY) === 0;
}

function isPlainStore({ event }: Deed): boolean {
  return event.kind === 'pte' && PTE_CAUSES[event.fields['cause']!] === 'store';
}

/** Whether what the CPU had cached allowed a write that memory would have noticed. */
function exceeds({ through, allowed, allowedFrame }: Deed, { page }: PlainStory): boolean {
  if ((allowed & PTE_PRESENT) === 0) return true;
  const { frame, flags, page: at } = through!;
  const [kind, number] = frame.split(' ');
  if (`${kind} ${Number(number) + page - at}` !== allowedFrame) return true;
  if ((flags & TLB_WRITABLE) === 0) return false;
  return (allowed & PTE_WRITABLE) === 0 || ((flags & TLB_DIRTY) !== 0 && (allowed & PTE_DIRTY) === 0);
}

function lastOf<T>(list: readonly T[], isOne: (one: T) => boolean): T | undefined {
  return list.findLast(isOne);
}
