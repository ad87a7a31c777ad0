/** What an event did, as the deed of whoever did it: "cleared D of page 0x42". */
import { formatPage } from '../../base/index.js';
import {
  CARRIERS,
  CLAIMS,
  EXIT_REASONS,
  FAULT_HANDLERS,
  FAULT_PRESENT,
  FAULT_WRITE,
  LOCK_KINDS,
  MEMORY_KINDS,
  OPERATIONS,
  PTE_CAUSES,
  PTE_DIRTY,
  PTE_HUGE,
  PTE_PRESENT,
  PTE_SOFT_DIRTY,
  PTE_UFFD_WP,
  PTE_WRITABLE,
  TLB_DIRTY,
  TLB_WRITABLE,
} from '../../traces/index.js';
import type { TrailEvent, TrailEvents } from './trail-events.js';

/** Flags that matter to tracking, by the letter or word that names them. */
const FLAGS: ReadonlyArray<readonly [flag: number, name: string]> = [
  [PTE_WRITABLE, 'W'],
  [PTE_DIRTY, 'D'],
  [PTE_SOFT_DIRTY, 'the soft-dirty bit'],
  [PTE_UFFD_WP, 'the uffd write-protect bit'],
];

export function deedOf(events: TrailEvents, event: TrailEvent): string {
  const { kind, fields } = event;
  const on = pagesText(event);
  switch (kind) {
    case 'write':
      return `wrote ${fields['size']} bytes to ${on}`;
    case 'read':
      return `read ${fields['size']} bytes of ${on}`;
    case 'tlb-fill':
      return `cached ${on} ${cachedAs(fields['flags']!)}`;
    case 'tlb-update':
      return `has ${on} cached ${cachedAs(fields['flags']!)} from here on`;
    case 'tlb-evict':
      return `lost its TLB entry of ${on}`;
    case 'fault':
      return faultText(event);
    case 'pte':
      return entryDeed(events, event);
    case 'mark':
      return `${fields['value'] === 1 ? 'set' : 'cleared'} ${carrierText(fields['carrier']!)} of ${on}`;
    case 'flush-queue':
      return `came to owe a flush of ${on}`;
    case 'flush-send':
      return `sent a flush of ${on}${fields['targets'] === 0 ? '' : ` to ${fields['targets']} other CPU${fields['targets'] === 1 ? '' : 's'}`}`;
    case 'flush-ack':
      return `forgot what it had cached of ${on}`;
    case 'cache-flush':
      return `wrote CPU caches back for ${on}`;
    case 'notifier':
      return `told the MMU of the device that ${on} ${fields['phase'] === 0 ? 'is about to change' : 'has changed'}`;
    case 'frame-move':
      return `gave ${on} another frame, of ${MEMORY_KINDS[fields['memory'] ?? -1] ?? 'some'} memory`;
    case 'map':
      return `put ${on} on frame ${formatPage(fields['frame']!)}`;
    case 'unmap':
      return `gave the frame of ${on} up`;
    case 'harvest-begin':
      return `began harvest ${fields['harvest']}`;
    case 'harvest-end':
      return `ended harvest ${fields['harvest']}`;
    case 'report':
      return `told the consumer that ${on} ${event.pages === 1 ? 'is' : 'are'} dirty`;
    case 'transfer':
      return `read the bytes of ${on} for the consumer`;
    case 'exit':
      return `left the guest (${EXIT_REASONS[fields['reason']!] ?? 'other'})`;
    case 'switch':
      return 'changed the method, and with it what the consumer reads';
    case 'lock':
    case 'unlock':
      return `${kind === 'lock' ? 'took' : 'dropped'} the ${LOCK_KINDS[fields['lock']!] ?? ''} lock${event.page < 0 ? '' : ` of ${on}`}`;
    case 'operation':
      return `asked for: ${OPERATIONS[fields['operation']!] ?? 'an operation'} of ${event.page < 0 ? 'the object' : on}`;
    case 'declare':
      return `relies from here on on ${on} being ${CLAIMS[fields['claim']!] ?? 'something'}`;
    default:
      return event.page < 0 ? kind : `${kind} of ${on}`;
  }
}

/** "page 0x42", "pages 0x42..0x45". */
export function pagesText({ page, pages }: Pick<TrailEvent, 'page' | 'pages'>): string {
  if (page < 0) return 'the object';
  return pages <= 1 ? `page ${formatPage(page)}` : `pages ${formatPage(page)}..${formatPage(page + pages - 1)}`;
}

/** "the bitmap", "D", "the page flag". */
function carrierText(code: number): string {
  const carrier = CARRIERS[code];
  if (carrier === 'pte-dirty') return 'D';
  return carrier === undefined ? `carrier ${code}` : `the mark (${carrier})`;
}

/** Who it is, in a sentence: "cpu 0", "a device". */
export function cpuText(cpu: number): string {
  return cpu < 0 ? 'the device' : `cpu ${cpu}`;
}

function entryDeed(events: TrailEvents, event: TrailEvent): string {
  const { before, after } = events.entryFlags(event);
  const [taken, given] = [before & ~after, after & ~before];
  const on = `${after & PTE_HUGE ? 'the huge entry of ' : ''}${pagesText(event)}`;
  const cause = PTE_CAUSES[event.fields['cause']!];
  if (taken & PTE_PRESENT) return `took the entry of ${on} out${holding(before)}`;
  if (given & PTE_PRESENT) return `put an entry of ${on} in place${withFlags(given)}`;
  const [cleared, set] = [namesOf(taken), namesOf(given)];
  const parts = [...(cleared === '' ? [] : [`cleared ${cleared}`]), ...(set === '' ? [] : [`set ${set}`])];
  if (parts.length === 0) return `left the entry of ${on} as it was for tracking`;
  const how = cause === 'store' ? ', by a plain store' : '';
  return `${parts.join(' and ')} in the entry of ${on}${how}`;
}

function holding(flags: number): string {
  const names = namesOf(flags);
  return names === '' ? '' : `, and ${names} with it`;
}

function withFlags(flags: number): string {
  const names = namesOf(flags);
  return names === '' ? '' : `, with ${names}`;
}

function namesOf(flags: number): string {
  return listed(FLAGS.filter(([flag]) => flags & flag).map(([, name]) => name));
}

export function listed(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

function cachedAs(flags: number): string {
  const names = [...(flags & TLB_WRITABLE ? ['W'] : []), ...(flags & TLB_DIRTY ? ['D'] : [])];
  return names.length === 0 ? 'read-only' : `with ${listed(names)}`;
}

function faultText({ fields, ...event }: TrailEvent): string {
  const error = fields['error']!;
  const access = error & FAULT_WRITE ? 'writing' : 'reading';
  const why = error & FAULT_PRESENT ? 'its entry did not allow that' : 'it had no entry';
  const spurious = FAULT_HANDLERS[fields['handler']!] === 'spurious' ? ', and found that it did' : '';
  return `faulted on ${access} ${pagesText(event)}: ${why}${spurious}`;
}
