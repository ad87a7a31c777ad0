/**
 * From a finding to its chain. A lost page has a story of its own (`page-stories.ts`), and its chain is made from that. Every other finding has its
 * evidence; the chain is that, with the translation that its write went through and the flush that did not come, where the trail shows so.
 */
import { formatPage } from '../../base/index.js';
import { carrierBit } from '../../traces/index.js';
import type { EventSource } from '../../replayer/index.js';
import type { Finding } from '../finding.js';
import { counted } from '../finding.js';
import { explainLoss } from '../loss-causes.js';
import { assemble } from './assemble.js';
import type { Chain, Missed, Told } from './chain.js';
import { LossLinks } from './loss-links.js';
import { type LostPage, lostPages } from './lost-pages.js';
import { BECAUSE } from './reasons.js';
import { covers, type TrailEvent, type TrailEvents } from './trail-events.js';
import { translationOf } from './translation.js';
import { cpuText, deedOf } from './words.js';

/** @param about how the finding was named: "lost-write:1" */
export function chainOfFinding(source: EventSource, events: TrailEvents, about: string, finding: Finding): Chain {
  if (finding.id === 'lost-write' && finding.page !== null) {
    const lost = lostPages(source, finding.page).find(({ story }) => story.write?.seq === finding.seq);
    if (lost?.story.write != null) return chainOfLoss(events, about, lost, finding);
  }
  return new EvidenceChain(events, about, finding).assemble();
}

/** The chain of a lost page. @param lost its story has a write */
export function chainOfLoss(events: TrailEvents, about: string, { story, writes }: LostPage, finding?: Finding): Chain {
  const write = story.write!;
  const { cause, rootCause, fix } = explainLoss(story, write);
  return assemble(events, {
    about,
    sentence: `${counted(writes, 'write')} to page ${formatPage(story.page)} never reached the consumer and never will: ${BECAUSE[cause]}`,
    links: new LossLinks(events, story, write).of(cause),
    cause: rootCause,
    fix,
    ...(finding !== undefined && { finding }),
  });
}

/** Kinds of events by which something is taken for settled. */
const SETTLES: ReadonlySet<string> = new Set([
  'declare',
  'transfer',
  'mark',
  'unmap',
  'frame-move',
  'harvest-end',
  'report',
]);

class EvidenceChain {
  readonly #events: TrailEvents;
  readonly #about: string;
  readonly #finding: Finding;
  /** The events of the evidence, with their roles. */
  readonly #evidence: ReadonlyArray<{ readonly event: TrailEvent; readonly role: string }>;

  constructor(events: TrailEvents, about: string, finding: Finding) {
    this.#events = events;
    this.#about = about;
    this.#finding = finding;
    this.#evidence = finding.evidence.flatMap(({ seq, role }) => {
      const event = events.at(seq);
      return event === null ? [] : [{ event, role }];
    });
  }

  assemble(): Chain {
    const { summary, rootCause, fix } = this.#finding;
    const more = this.#more();
    const causes = more.filter((link) => link?.isCause === true);
    const guilty = causes.length > 0 ? null : this.#guilty();
    return assemble(this.#events, {
      about: this.#about,
      sentence: summary,
      links: [...this.#evidence.map(({ event, role }) => this.#told(event, role, event.seq === guilty?.seq)), ...more],
      cause: rootCause,
      fix,
      finding: this.#finding,
    });
  }

  /** What belongs to the chain and is not among the evidence. */
  #more(): ReadonlyArray<Told | Missed | null> {
    const { id } = this.#finding;
    const write = this.#find('write');
    const flush = this.#flush(write);
    if (flush.length > 0) return flush;
    if (id === 'misattributed') return this.#wrongMark();
    if (write === undefined) return [];
    if (id === 'invisible-write' && this.#find('unmap') === undefined) return this.#unmarked(write);
    if (this.#find('unmap') !== undefined) return this.#givenUp(write);
    return [];
  }

  /** A translation that was left: who filled it, what restricted it, and the flush that should have come between. */
  #flush(write: TrailEvent | undefined): ReadonlyArray<Told | Missed | null> {
    const { seq, cpu, page } = this.#finding;
    const fillSeen = this.#find('tlb-fill');
    const restrictedSeen = this.#find('pte');
    if (write === undefined) {
      // Nothing was written through it, so far.
      if (fillSeen === undefined || restrictedSeen === undefined || seq === null || page === null) return [];
      return [this.#missingFlush(restrictedSeen, page, cpu ?? -1, restrictedSeen.seq)];
    }
    const { fill, restriction, ackAfter } = translationOf(this.#events, write);
    if (fill === null || restriction === null) return [];
    const who = cpuText(write.cpu);
    return [
      this.#told(fill, `until that copy is flushed, ${who} writes through it`),
      this.#told(restriction, `but the copy of ${who} is as it was`),
      this.#missingFlush(restriction, write.page, write.cpu, write.seq),
      ackAfter && this.#told(ackAfter, 'the flush came only now'),
    ];
  }

  /** @param until where it would have been too late */
  #missingFlush(restriction: TrailEvent, page: number, cpu: number, until: number): Missed {
    const settled = this.#evidence.find(({ event }) => event.seq > restriction.seq && SETTLES.has(event.kind))?.event;
    const before = settled !== undefined && (settled.seq < until || until <= restriction.seq) ? settled.seq : until;
    // Whoever says that it is settled relies on a flush, whoever owes it.
    const claims = this.#evidence.find(({ event }) => event.kind === 'declare')?.event;
    const by = claims !== undefined && claims.seq > restriction.seq ? claims.seq : restriction.seq;
    return {
      gap: { after: restriction.seq, before: before > restriction.seq ? before : this.#events.lastSeq + 1 },
      step: 'flush',
      by,
      what: `no flush of page ${formatPage(page)} reached ${cpuText(cpu)}`,
      so: `${cpuText(cpu)} could go on writing through what it had cached`,
      isCause: true,
    };
  }

  /** The mark that named the other page. */
  #wrongMark(): ReadonlyArray<Told | null> {
    const report = this.#find('report');
    if (report === undefined) return [];
    const mark = this.#events.lastBefore(
      report.seq,
      ['mark'],
      (event) => event.fields['value'] === 1 && covers(event, report.space, report.page),
    );
    return [mark && this.#told(mark, 'it named a page that nobody had written', true)];
  }

  #unmarked(write: TrailEvent): ReadonlyArray<Told | Missed | null> {
    const { seq, space, page } = write;
    const transfer = this.#events.lastBefore(seq, ['transfer'], (event) => covers(event, space, page));
    return [
      transfer && this.#told(transfer, 'the last time that the consumer read the page'),
      {
        gap: { after: seq, before: this.#events.lastSeq + 1 },
        step: 'mark page',
        by: seq,
        what: `no mark of page ${formatPage(page)} was set`,
        so: 'such a write goes through no page table, so its writer alone could have told',
        isCause: true,
      },
    ];
  }

  /** The frame went, and what the page was known to be dirty by went before. */
  #givenUp(write: TrailEvent): ReadonlyArray<Told | null> {
    const given = this.#find('unmap')!;
    const { space, page } = given;
    const reads = this.#events.meta.carriers.length;
    const taken = this.#events.lastBefore(
      given.seq,
      ['pte', 'mark'],
      (event) =>
        covers(event, space, page) &&
        (event.kind === 'mark'
          ? event.fields['value'] === 0 && carrierBit(event.fields['carrier']!) !== 0 && reads > 0
          : this.#events.entryFlags(event).before !== 0 && this.#events.entryFlags(event).after === 0),
      write.seq,
    );
    return [
      taken && this.#told(taken, 'what said that the page was dirty went with that, and nobody took note'),
      this.#told(given, 'the contents went with it', true),
    ];
  }

  /** What is at fault where no step is missing. */
  #guilty(): TrailEvent | undefined {
    const { id, seq } = this.#finding;
    const kinds = GUILTY_KINDS[id];
    const named =
      kinds === undefined ? undefined : this.#evidence.find(({ event }) => kinds.includes(event.kind))?.event;
    return named ?? this.#evidence.find(({ event }) => event.seq === seq)?.event;
  }

  #find(kind: string): TrailEvent | undefined {
    const { seq } = this.#finding;
    const all = this.#evidence.filter(({ event }) => event.kind === kind).map(({ event }) => event);
    return all.find((event) => event.seq === seq) ?? all[0];
  }

  #told(event: TrailEvent, so: string, isCause = false): Told {
    return { seq: event.seq, what: deedOf(this.#events, event), so, isCause };
  }
}

/** The kinds of event that are at fault, by detector, in its evidence; the event to look at first where it has none. */
const GUILTY_KINDS: Readonly<Record<string, readonly string[]>> = {
  'dirty-as-proof': ['declare'],
  'wrong-frame-write': ['declare', 'frame-move'],
  'write-after-revoke': ['declare'],
  'transient-none': ['pte'],
};
