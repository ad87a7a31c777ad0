/** From what a story tells to a chain: each event is looked up, a step that is missing takes its place between two of them. */
import type { Finding } from '../finding.js';
import type { Chain, Link, Missed, Told } from './chain.js';
import type { TrailEvents } from './trail-events.js';

export interface Story {
  readonly about: string;
  readonly sentence: string;
  /** In any order; null is left out, and of two about one event the first is taken, with the other's words behind. */
  readonly links: ReadonlyArray<Told | Missed | null>;
  readonly cause: string;
  readonly fix: string | null;
  readonly finding?: Finding;
}

export function assemble(events: TrailEvents, { about, sentence, links, cause, fix, finding }: Story): Chain {
  const told = new Map<number, Told>();
  const missed: Missed[] = [];
  for (const link of links) {
    if (link === null) continue;
    if ('gap' in link) missed.push(link);
    else if (link.seq > 0) told.set(link.seq, merged(told.get(link.seq), link));
  }
  const placed = [
    ...[...told.values()].map((link) => ({ at: link.seq, link: eventLink(events, link) })),
    ...missed.map((link) => ({ at: link.gap.after + 0.5, link: missingLink(events, link) })),
  ];
  placed.sort((a, b) => a.at - b.at);
  return { about, sentence, links: placed.map(({ link }) => link), cause, fix, finding: finding ?? null };
}

function merged(known: Told | undefined, more: Told): Told {
  if (known === undefined) return more;
  const so = known.so === more.so ? known.so : `${known.so}; ${more.so}`;
  return { ...known, so, isCause: known.isCause === true || more.isCause === true };
}

function eventLink(events: TrailEvents, { seq, what, so, isCause = false }: Told): Link {
  const event = events.at(seq);
  return {
    seq,
    gap: null,
    timeNs: event?.timeNs ?? null,
    cpu: event?.cpu ?? -1,
    actor: event === null ? '' : events.actorName(event.actor),
    step: event === null ? '' : events.stepName(event.step),
    kind: event?.kind ?? '',
    what,
    so,
    isCause,
  };
}

function missingLink(events: TrailEvents, { gap, step, by, what, so, isCause = false }: Missed): Link {
  const doer = events.at(by);
  return {
    seq: null,
    gap,
    timeNs: null,
    cpu: doer?.cpu ?? -1,
    actor: doer === null ? '' : events.actorName(doer.actor),
    step,
    kind: 'missing',
    what,
    so,
    isCause,
  };
}
