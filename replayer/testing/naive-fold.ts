/**
 * The fold as one would write it first: maps, strings and events one by one. Slow and plain, to hold the real one against.
 */
import { FLUSH_SCOPES, type EventBatch, EVENT_BY_CODE, type MachineSnapshot } from '../../traces/index.js';

interface Page {
  space: number;
  page: number;
  frame: number;
  low: number;
  high: number;
  marks: number;
}
interface Entry {
  cpu: number;
  slot: number;
  space: number;
  page: number;
  frame: number;
  asid: number;
  flags: number;
}

export class NaiveFold {
  seq = 0;
  timeNs = 0;
  harvests = 0;
  harvesting = false;
  readonly pages = new Map<string, Page>();
  readonly frames = new Map<number, { generation: number; captured: number; memory: number }>();
  entries: Entry[] = [];

  constructor(public reads: number) {}

  apply(batch: EventBatch): void {
    for (let row = 0; row < batch.length; row++) {
      const definition = EVENT_BY_CODE[batch.kind[row]!]!;
      const fields = Object.fromEntries(
        Object.entries(definition.slot).map(([name, slot]) => [name, batch.slots[slot]![row]!]),
      );
      this.#event(definition.kind, batch.cpu[row]!, batch.space[row]!, batch.page[row]!, fields);
      this.seq = batch.firstSeq + row;
      this.timeNs = batch.time[row]!;
    }
  }

  #event(kind: string, cpu: number, space: number, page: number, f: Record<string, number>): void {
    const inRange = (p: { space: number; page: number }) =>
      p.space === space && p.page >= page && p.page < page + f['pages']!;
    switch (kind) {
      case 'write': {
        const entry = this.entries.find((e) => e.cpu === cpu && e.space === space && e.page === page);
        const frame = this.frames.get(entry?.frame ?? this.pages.get(`${space}:${page}`)?.frame ?? -1);
        if (frame !== undefined) frame.generation++;
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
          frame: f['frame']!,
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
          (e) => e.cpu !== cpu || !(scope === 'all' || (scope === 'space' ? e.space === space : inRange(e))),
        );
        break;
      }
      case 'transfer':
        for (const p of this.pages.values()) {
          const frame = inRange(p) ? this.frames.get(p.frame) : undefined;
          if (frame !== undefined) frame.captured = frame.generation;
        }
        break;
      case 'map':
        this.#map(this.#page(space, page), f['frame']!, f['memory']!);
        break;
      case 'unmap':
        this.pages.delete(`${space}:${page}`);
        this.#sweep();
        break;
      case 'frame-move': {
        const moved = this.#page(space, page);
        const old = this.frames.get(moved.frame);
        const { generation, captured } = old ?? { generation: -1, captured: -1 };
        this.#map(moved, f['newFrame']!, f['memory']!);
        const now = this.frames.get(moved.frame)!;
        if (old !== undefined && old !== now && generation >= now.generation)
          Object.assign(now, { generation, captured });
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
    if (!this.pages.has(key)) this.pages.set(key, { space, page, frame: -1, low: 0, high: 0, marks: 0 });
    return this.pages.get(key)!;
  }

  #map(page: Page, frame: number, memory: number): void {
    if (page.frame === frame) return;
    page.frame = frame;
    this.#sweep();
    if (!this.frames.has(frame)) this.frames.set(frame, { generation: 0, captured: 0, memory });
    this.frames.get(frame)!.memory = memory;
  }

  /** Forgets frames that no page maps. */
  #sweep(): void {
    const used = new Set([...this.pages.values()].map((page) => page.frame));
    for (const frame of this.frames.keys()) if (!used.has(frame)) this.frames.delete(frame);
  }

  snapshot(): MachineSnapshot {
    const pages = [...this.pages.values()]
      .filter((p) => p.frame >= 0 || p.low !== 0 || p.high !== 0 || p.marks !== 0)
      .sort((a, b) => a.space - b.space || a.page - b.page);
    const frames = [...this.frames].sort((a, b) => a[0] - b[0]);
    const tlbs = [...this.entries].sort((a, b) => a.cpu - b.cpu || a.slot - b.slot);
    return {
      seq: this.seq,
      timeNs: this.timeNs,
      harvests: this.harvests,
      harvesting: this.harvesting,
      reads: this.reads,
      pages: {
        space: Uint16Array.from(pages, (p) => p.space),
        page: Float64Array.from(pages, (p) => p.page),
        frame: Float64Array.from(pages, (p) => p.frame),
        pteLow: Uint32Array.from(pages, (p) => p.low),
        pteHigh: Uint32Array.from(pages, (p) => p.high),
        marks: Uint16Array.from(pages, (p) => p.marks),
      },
      frames: {
        frame: Float64Array.from(frames, ([number]) => number),
        generation: Float64Array.from(frames, ([, f]) => f.generation),
        captured: Float64Array.from(frames, ([, f]) => f.captured),
        memory: Uint8Array.from(frames, ([, f]) => f.memory),
      },
      tlbs: {
        cpu: Int16Array.from(tlbs, (e) => e.cpu),
        slot: Uint32Array.from(tlbs, (e) => e.slot),
        space: Uint16Array.from(tlbs, (e) => e.space),
        page: Float64Array.from(tlbs, (e) => e.page),
        frame: Float64Array.from(tlbs, (e) => e.frame),
        asid: Uint16Array.from(tlbs, (e) => e.asid),
        flags: Uint8Array.from(tlbs, (e) => e.flags),
      },
    };
  }
}
