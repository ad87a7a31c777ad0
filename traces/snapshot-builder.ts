/** Puts a stored state together as one snapshot: for whoever wants all of its columns at once. */
import { copyOf, type MachineHead, type PageRows, type StateSink, type StateStore } from './page-rows.js';
import type { MachineSnapshot, PageScope } from './snapshot.js';

/** The nearest checkpoint at or before that event, of some pages only where a scope is given; null where there is none. */
export function snapshotAtOrBefore(
  store: StateStore,
  seq: number,
  scope: PageScope | null = null,
): MachineSnapshot | null {
  const builder = new SnapshotBuilder();
  return store.loadAtOrBefore(seq, scope, builder) ? builder.finish() : null;
}

class SnapshotBuilder implements StateSink {
  #head: MachineHead | null = null;
  #pages: PageRows[] = [];
  #frames: MachineSnapshot['frames'] | null = null;
  #tlbs: MachineSnapshot['tlbs'] | null = null;

  begin({ seq, timeNs, harvests, harvesting, reads }: MachineHead): void {
    this.#head = { seq, timeNs, harvests, harvesting, reads };
    this.#pages = [];
    this.#frames = this.#tlbs = null;
  }

  pages(rows: PageRows): void {
    this.#pages.push(copyOf(rows));
  }

  frames(frames: MachineSnapshot['frames']): void {
    this.#frames = frames;
  }

  tlbs(tlbs: MachineSnapshot['tlbs']): void {
    this.#tlbs = tlbs;
  }

  finish(): MachineSnapshot {
    const places = this.#pages.flatMap((rows) => Array.from(rows.page.keys(), (row) => ({ rows, row })));
    places.sort((a, b) => a.rows.space[a.row]! - b.rows.space[b.row]! || a.rows.page[a.row]! - b.rows.page[b.row]!);
    const of = (name: 'space' | 'page' | 'frame' | 'pteLow' | 'pteHigh' | 'marks') =>
      places.map(({ rows, row }) => rows[name][row]!);
    return {
      ...this.#head!,
      pages: {
        space: Uint16Array.from(of('space')),
        page: Float64Array.from(of('page')),
        frame: Float64Array.from(of('frame')),
        pteLow: Uint32Array.from(of('pteLow')),
        pteHigh: Uint32Array.from(of('pteHigh')),
        marks: Uint16Array.from(of('marks')),
      },
      frames: this.#allFrames(),
      tlbs: this.#tlbs!,
    };
  }

  /** Those that came with their pages, and the others. */
  #allFrames(): MachineSnapshot['frames'] {
    const shared = this.#frames;
    const all = Array.from(shared?.frame ?? [], (frame, row) => ({
      frame,
      generation: shared!.generation[row]!,
      captured: shared!.captured[row]!,
      cached: shared!.cached[row]!,
      memory: shared!.memory[row]!,
      mappers: shared!.mappers[row]!,
    }));
    for (const { rows, own, frame, generation, captured, cached } of this.#pages)
      for (let row = 0; row < rows; row++)
        if (own[row] !== 0)
          all.push({
            frame: frame[row]!,
            generation: generation[row]!,
            captured: captured[row]!,
            cached: cached[row]!,
            memory: own[row]! - 1,
            mappers: 1,
          });
    all.sort((a, b) => a.frame - b.frame || a.memory - b.memory);
    return {
      frame: Float64Array.from(all, ({ frame }) => frame),
      generation: Float64Array.from(all, ({ generation }) => generation),
      captured: Float64Array.from(all, ({ captured }) => captured),
      cached: Float64Array.from(all, ({ cached }) => cached),
      memory: Uint8Array.from(all, ({ memory }) => memory),
      mappers: Uint32Array.from(all, ({ mappers }) => mappers),
    };
  }
}
