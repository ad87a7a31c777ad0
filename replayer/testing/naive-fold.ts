/**
 * The fold as one would write it first: maps, strings and events one by one. Slow and plain, to hold the real one against.
 */
import {
  CARRIERS,
  type Carrier,
  carrierMask,
  FLUSH_SCOPES,
  type EventBatch,
  EVENT_BY_CODE,
  type MachineSnapshot,
  MEMORY_KINDS,
  PTE_DIRTY,
  PTE_HUGE,
  PTE_PRESENT,
  PTE_SOFT_DIRTY,
  PTE_UFFD_WP,
  pteLayout,
  TLB_HUGE,
} from '../../traces/index.js';
import type { FoldMeta } from '../fold/index.js';

interface Page {
  space: number;
  page: number;
  /** `guest 5` or `real 5`; empty for none. */
  frame: string;
  low: number;
  high: number;
  marks: number;
}
interface Entry {
  cpu: number;
  slot: number;
  space: number;
  page: number;
  frame: string;
  asid: number;
  flags: number;
}
interface Frame {
  generation: number;
  captured: number;
  cached: number;
  memory: number;
}

const GUEST = MEMORY_KINDS.indexOf('guest');
const SYSTEM = MEMORY_KINDS.indexOf('system');
const numberOf = (frame: string) => (frame === '' ? -1 : Number(frame.split(' ')[1]));

export class NaiveFold {
  seq = 0;
  timeNs = 0;
  harvests = 0;
  harvesting = false;
  readonly pages = new Map<string, Page>();
  readonly frames = new Map<string, Frame>();
  entries: Entry[] = [];
  reads: number;

  constructor(readonly meta: FoldMeta) {
    this.reads = carrierMask(meta.carriers as Carrier[]);
  }

  apply(batch: EventBatch): void {
    for (let row = 0; row < batch.length; row++) {
      const definition = EVENT_BY_CODE[batch.kind[row]!]!;
      const fields = Object.fromEntries(
        Object.entries(definition.slot).map(([name, slot]) => [name, batch.slots[slot]![row]!]),
      );
      const actor = this.meta.actors[batch.actor[row]!];
      this.#event(definition.kind, batch.cpu[row]!, batch.space[row]!, batch.page[row]!, fields, actor);
      this.seq = batch.firstSeq + row;
      this.timeNs = batch.time[row]!;
    }
  }

  #event(kind: string, cpu: number, space: number, page: number, f: Record<string, number>, actor?: string): void {
    const inRange = (p: { space: number; page: number }) =>
      p.space === space && p.page >= page && p.page < page + f['pages']!;
    const named = (number: number) => `${this.#isGuest(space) ? 'guest' : 'real'} ${number}`;
    switch (kind) {
      case 'write': {
        const target = this.#target(cpu, space, page);
        const frame = this.frames.get(target);
        if (frame !== undefined) {
          frame.generation++;
          if (this.meta.options['nonCoherent'] === 1 && (cpu >= 0 || actor !== 'device')) frame.cached++;
        }
        const behind = this.pages.get(`${this.#secondStage}:${numberOf(target)}`);
        const host = target.startsWith('guest') ? this.frames.get(behind?.frame ?? '') : undefined;
        if (host !== undefined) host.generation++;
        break;
      }
      case 'pte':
        Object.assign(this.#page(space, page), { low: f['newLow'], high: f['newHigh'] });
        break;
      case 'mark':
        if (f['value'] === 1)
          for (let i = 0; i < f['pages']!; i++) this.#page(space, page + i).marks |= 1 << f['carrier']!;
        else for (const p of this.pages.values()) if (inRange(p)) p.marks &= ~(1 << f['carrier']!);
        break;
      case 'tlb-fill':
        this.entries = this.entries.filter(
          (e) => e.cpu !== cpu || (e.slot !== f['slot'] && (e.space !== space || e.page !== page)),
        );
        this.entries.push({
          cpu,
          space,
          page,
          slot: f['slot']!,
          frame: named(f['frame']!),
          asid: f['asid']!,
          flags: f['flags']!,
        });
        break;
      case 'tlb-update':
        for (const e of this.entries) if (e.cpu === cpu && e.slot === f['slot']) e.flags = f['flags']!;
        break;
      case 'tlb-evict':
        this.entries = this.entries.filter((e) => e.cpu !== cpu || e.slot !== f['slot']);
        break;
      case 'flush-ack': {
        const scope = FLUSH_SCOPES[f['scope']!];
        this.entries = this.entries.filter(
          (e) =>
            e.cpu !== cpu ||
            !(scope === 'all' || (scope === 'space' ? e.space === space : this.#pagesOf(e).some(inRange))),
        );
        break;
      }
      case 'cache-flush':
        for (const p of this.pages.values()) {
          const frame = inRange(p) ? this.frames.get(p.frame) : undefined;
          if (frame !== undefined) frame.cached = 0;
        }
        break;
      case 'transfer':
        for (const p of this.pages.values()) {
          const frame = inRange(p) ? this.frames.get(p.frame) : undefined;
          if (frame !== undefined) frame.captured = frame.generation - frame.cached;
        }
        break;
      case 'map':
        this.#map(this.#page(space, page), named(f['frame']!), f['memory']!);
        break;
      case 'unmap':
        this.pages.delete(`${space}:${page}`);
        this.#sweep();
        break;
      case 'frame-move': {
        const moved = this.#page(space, page);
        const old = this.frames.get(moved.frame);
        const { generation, captured } = old ?? { generation: -1, captured: -1 };
        this.#map(moved, named(f['newFrame']!), f['memory']!);
        const now = this.frames.get(moved.frame)!;
        if (old !== undefined && old !== now && generation >= now.generation)
          Object.assign(now, { generation, captured, cached: 0 });
        break;
      }
      case 'harvest-begin':
        this.harvesting = true;
        break;
      case 'harvest-end':
        this.harvesting = false;
        this.harvests = f['harvest']!;
        break;
      case 'switch':
        this.reads = f['reads']!;
        break;
    }
  }

  #page(space: number, page: number): Page {
    const key = `${space}:${page}`;
    if (!this.pages.has(key)) this.pages.set(key, { space, page, frame: '', low: 0, high: 0, marks: 0 });
    return this.pages.get(key)!;
  }

  get #secondStage(): number {
    const { spaces } = this.meta;
    return spaces.some(({ kind }) => kind === 'mm') ? spaces.findIndex(({ kind }) => kind === 'second-stage') : -1;
  }

  #isGuest(space: number): boolean {
    return this.#secondStage >= 0 && space !== this.#secondStage;
  }

  /** The frame that a write reaches. */
  #target(cpu: number, space: number, page: number): string {
    const isMine = (e: Entry) => e.cpu === cpu && e.space === space;
    const entry =
      this.entries.find((e) => isMine(e) && e.page === page) ??
      this.entries.find((e) => isMine(e) && this.#pagesOf(e).some((p) => p.page === page));
    if (entry === undefined) return this.pages.get(`${space}:${page}`)?.frame ?? '';
    return `${entry.frame.split(' ')[0]} ${numberOf(entry.frame) + page - entry.page}`;
  }

  /** The pages that a TLB entry covers. */
  #pagesOf({ space, page, flags }: Entry): Array<{ space: number; page: number }> {
    const pages = flags & TLB_HUGE && page % 512 === 0 ? 512 : 1;
    return Array.from({ length: pages }, (_, i) => ({ space, page: page + i }));
  }

  /** Whether the consumer of a page, or of another page of its frame, will come for it. */
  isMarked(space: number, page: number): boolean {
    return this.carriersOf(space, page) !== 0;
  }

  /** Mask of the carriers by which it will. */
  carriersOf(space: number, page: number): number {
    const asked = this.pages.get(`${space}:${page}`) ?? { space, page, frame: '', low: 0, high: 0, marks: 0 };
    const others = [...this.pages.values()].filter((p) => p.frame !== '' && p.frame === asked.frame);
    let set = 0;
    for (const p of [asked, ...others]) {
      const own = this.meta.spaces[p.space]?.carriers;
      const reads = own === undefined ? this.reads : carrierMask(own as Carrier[]);
      CARRIERS.forEach((carrier, code) => {
        if (reads & (1 << code) && this.#isSet(p, carrier, code)) set |= 1 << code;
      });
    }
    return set;
  }

  #isSet(page: Page, carrier: Carrier, code: number): boolean {
    if (page.marks & (1 << code)) return true;
    const flags = this.flags(page.space, page.page);
    const frame = this.frames.get(page.frame);
    switch (carrier) {
      case 'pte-dirty':
        return (flags & PTE_DIRTY) !== 0;
      case 'soft-dirty':
        return (flags & PTE_SOFT_DIRTY) !== 0;
      case 'uffd-wp':
        return (flags & PTE_PRESENT) !== 0 && (flags & PTE_UFFD_WP) === 0;
      case 'mapped':
        return frame !== undefined;
      case 'shadow-copy':
        return frame !== undefined && frame.generation > frame.captured;
      default:
        return false;
    }
  }

  /** Flags of the entry that governs a page. */
  flags(space: number, page: number): number {
    const layout = pteLayout((this.meta.spaces[space] ?? this.meta.spaces[0]!).layout);
    const own = this.pages.get(`${space}:${page}`);
    if (own !== undefined && (own.low !== 0 || own.high !== 0)) return layout.flags(own.low, own.high);
    const head = this.pages.get(`${space}:${page - (page % 512)}`);
    const flags = head === undefined ? 0 : layout.flags(head.low, head.high);
    return flags & PTE_HUGE ? flags : 0;
  }

  #map(page: Page, frame: string, said: number): void {
    if (page.frame === frame) return;
    page.frame = frame;
    this.#sweep();
    const memory = this.#isGuest(page.space) ? GUEST : said === GUEST ? SYSTEM : said;
    if (!this.frames.has(frame)) this.frames.set(frame, { generation: 0, captured: 0, cached: 0, memory });
    this.frames.get(frame)!.memory = memory;
  }

  /** Forgets frames that no page maps. */
  #sweep(): void {
    const used = new Set([...this.pages.values()].map((page) => page.frame));
    for (const frame of this.frames.keys()) if (!used.has(frame)) this.frames.delete(frame);
  }

  snapshot(): MachineSnapshot {
    const pages = [...this.pages.values()]
      .filter((p) => p.frame !== '' || p.low !== 0 || p.high !== 0 || p.marks !== 0)
      .sort((a, b) => a.space - b.space || a.page - b.page);
    const frames = [...this.frames].sort((a, b) => numberOf(a[0]) - numberOf(b[0]) || a[1].memory - b[1].memory);
    const tlbs = [...this.entries].sort((a, b) => a.cpu - b.cpu || a.slot - b.slot);
    const mappers = new Map<string, number>();
    for (const { frame } of this.pages.values()) mappers.set(frame, (mappers.get(frame) ?? 0) + 1);
    return {
      seq: this.seq,
      timeNs: this.timeNs,
      harvests: this.harvests,
      harvesting: this.harvesting,
      reads: this.reads,
      pages: {
        space: Uint16Array.from(pages, (p) => p.space),
        page: Float64Array.from(pages, (p) => p.page),
        frame: Float64Array.from(pages, (p) => numberOf(p.frame)),
        pteLow: Uint32Array.from(pages, (p) => p.low),
        pteHigh: Uint32Array.from(pages, (p) => p.high),
        marks: Uint16Array.from(pages, (p) => p.marks),
      },
      frames: {
        frame: Float64Array.from(frames, ([frame]) => numberOf(frame)),
        generation: Float64Array.from(frames, ([, f]) => f.generation),
        captured: Float64Array.from(frames, ([, f]) => f.captured),
        cached: Float64Array.from(frames, ([, f]) => f.cached),
        memory: Uint8Array.from(frames, ([, f]) => f.memory),
        mappers: Uint32Array.from(frames, ([name]) => mappers.get(name) ?? 0),
      },
      tlbs: {
        cpu: Int16Array.from(tlbs, (e) => e.cpu),
        slot: Uint32Array.from(tlbs, (e) => e.slot),
        space: Uint16Array.from(tlbs, (e) => e.space),
        page: Float64Array.from(tlbs, (e) => e.page),
        frame: Float64Array.from(tlbs, (e) => numberOf(e.frame)),
        asid: Uint16Array.from(tlbs, (e) => e.asid),
        flags: Uint8Array.from(tlbs, (e) => e.flags),
      },
    };
  }
}
