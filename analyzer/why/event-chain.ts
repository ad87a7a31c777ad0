/** Why an event happened, as a chain: its cause, the cause of that, and so on, to what nobody in the trail caused. */
import { assemble } from './assemble.js';
import type { Chain, Told } from './chain.js';
import { causeOf } from './event-causes.js';
import type { TrailEvent, TrailEvents } from './trail-events.js';
import { cpuText, deedOf } from './words.js';

/** Links of such a chain. Chosen: what is further back explains little. */
const LINKS_MAX = 8;

export function chainOfEvent(events: TrailEvents, about: string, event: TrailEvent): Chain {
  const links: Told[] = [{ seq: event.seq, what: deedOf(events, event), so: 'the event that was asked about' }];
  const seen = new Set([event.seq]);
  for (let at: TrailEvent = event; links.length < LINKS_MAX; ) {
    const found = causeOf(events, at);
    if (found === null || seen.has(found.event.seq)) break;
    seen.add(found.event.seq);
    links.push({ seq: found.event.seq, what: deedOf(events, found.event), so: found.so });
    at = found.event;
  }
  const who = `${events.actorName(event.actor)} on ${cpuText(event.cpu)}`;
  const root = links.at(-1)!;
  const [, nearest] = links;
  const because =
    nearest === undefined
      ? "it is the program's own doing, or begins what comes after it"
      : `because of event ${nearest.seq}: ${deedWithActor(events, nearest)}`;
  return assemble(events, {
    about,
    sentence: `at event ${event.seq} ${who} ${deedOf(events, event)}, ${because}`,
    links,
    cause:
      nearest === undefined
        ? 'no event before it caused it'
        : `it goes back to event ${root.seq}: ${deedWithActor(events, root)}`,
    fix: null,
  });
}

function deedWithActor(events: TrailEvents, { seq, what }: Told): string {
  const event = events.at(seq);
  return event === null ? what : `${events.actorName(event.actor)} ${what}`;
}
