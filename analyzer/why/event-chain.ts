/** Why an event happened, as a chain: its cause, the cause of that, and so on, to what nobody in the trail caused. */
import { assemble } from './assemble.js';
import type { Chain, Told } from './chain.js';
import { causeOf } from './event-causes.js';
import { covers, type TrailEvent, type TrailEvents } from './trail-events.js';
import { translationOf } from './translation.js';
import { cpuText, deedOf } from './words.js';

/** Links of such a chain. Chosen: what is further back explains little. */
const LINKS_MAX = 8;

/** Of a TLB entry that was dropped for no reason. */
const BY_CHANCE = 'a CPU may lose what it has cached at any time';

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
  const root = links.at(-1)!;
  const [, nearest] = links;
  const because =
    nearest === undefined
      ? event.kind === 'tlb-evict'
        ? BY_CHANCE
        : "it is the program's own doing, or begins what comes after it"
      : `because of event ${nearest.seq}: ${deedWithActor(events, nearest)}`;
  const read = event.kind === 'write' ? readBy(events, event) : null;
  const fill = event.kind === 'write' && event.cpu >= 0 ? translationOf(events, event).fill : null;
  const comes = event.kind !== 'write' ? because : whatBecame(read);
  return assemble(events, {
    about,
    sentence: `at event ${event.seq} ${whoOf(events, event)} ${deedOf(events, event)}${event.kind === 'write' || nearest === undefined ? '; ' : ', '}${comes}`,
    links: [
      ...links,
      fill && { seq: fill.seq, what: deedOf(events, fill), so: 'the TLB entry that the write went through' },
      read && { seq: read.seq, what: deedOf(events, read), so: 'the consumer has what was written' },
    ],
    cause:
      nearest === undefined || event.kind === 'write'
        ? `no event of the trail caused it: ${event.kind === 'tlb-evict' ? BY_CHANCE : "it is somebody's own doing"}`
        : `it goes back to event ${root.seq}: ${deedWithActor(events, root)}`,
    fix: null,
  });
}

/** The first transfer of the page after a write. */
function readBy(events: TrailEvents, { seq, space, page }: TrailEvent): TrailEvent | null {
  return events.firstAfter(seq + 1, ['transfer'], (other) => covers(other, space, page));
}

function whatBecame(read: TrailEvent | null): string {
  return read === null
    ? 'no transfer of that page has come after it'
    : `the consumer read the page next at event ${read.seq}`;
}

/** "program on CPU 0", "harvest on cpu 0". */
function whoOf(events: TrailEvents, { actor, cpu }: TrailEvent): string {
  const name = events.actorName(actor);
  return /cpu/i.test(name) ? name : `${name} on ${cpuText(cpu)}`;
}

function deedWithActor(events: TrailEvents, { seq, what }: Told): string {
  const event = events.at(seq);
  return event === null ? what : `${events.actorName(event.actor)} ${what}`;
}
