/**
 * Watchpoints on staleness: whether the page's frame holds writes that the consumer has not transferred. Which frame a write reaches depends
 * on page tables and TLBs, so events are sieved by pages that may reach the frame, too many rather than too few, and the fold is asked
 * about those that are left. A stale page waits for a transfer, and is not asked about writes.
 */
import { PAGES_PER_TABLE } from '../../base/index.js';
import {
  frameMove,
  map,
  TLB_HUGE,
  tlbFill,
  tlbUpdate,
  transfer,
  unmap,
  write,
  type EventBatch,
} from '../../traces/index.js';
import { seqOf } from '../event-source.js';
import type { Fold } from '../fold/index.js';
import { touches } from '../touches.js';
import type { StaleStop } from './stop.js';
import { hasKind, type Machine, type Watcher } from './watcher.js';

const WATCHED = [write, transfer, map, unmap, frameMove, tlbFill, tlbUpdate];
const KINDS = WATCHED.reduce((kinds, { code }) => kinds | (1 << code), 0);
const NAMES = WATCHED.map(({ kind }) => kind);

export function staleWatcher({ space, page }: StaleStop, machine: Machine): Watcher {
  let isStale = false;
  /** Pages, of whichever space, whose writes and transfers may concern the frame. */
  const routes = new Set<number>();
  /** Numbers of the frame and of frames of a guest that it is behind. */
  const frames = new Set<number>();

  const begin = (fold: Fold): void => {
    const index = fold.pages.find(space, page);
    isStale = index >= 0 && fold.isStale(index);
    collectRoutes(fold, space, page, frames, routes);
  };
  const ask = (seq: number): boolean => {
    const was = isStale;
    begin(machine.at(seq));
    return was !== isStale;
  };
  /** A fill is one more way to the frame; nothing is written yet. */
  const addRoute = (batch: EventBatch, row: number): void => {
    const first = batch.slots[tlbFill.slot.frame]![row]!;
    const covered = batch.slots[tlbFill.slot.flags]![row]! & TLB_HUGE ? PAGES_PER_TABLE : 1;
    for (const frame of frames)
      if (frame >= first && frame < first + covered) routes.add(batch.page[row]! + frame - first);
  };
  const anyRouteIn = (batch: EventBatch, row: number): boolean => {
    for (const route of routes) if (touches(batch, row, route, route)) return true;
    return false;
  };

  return {
    kinds: KINDS,
    mayHold: (chunk) => hasKind(chunk, NAMES),
    matches(batch, row) {
      switch (batch.kind[row]) {
        case write.code:
          return !isStale && routes.has(batch.page[row]!) && ask(seqOf(batch, row));
        case transfer.code:
          return (isStale || machine.nonCoherent) && anyRouteIn(batch, row) && ask(seqOf(batch, row));
        case map.code:
          return (
            (routes.has(batch.page[row]!) || frames.has(batch.slots[map.slot.frame]![row]!)) && ask(seqOf(batch, row))
          );
        case frameMove.code:
          return (
            (routes.has(batch.page[row]!) || frames.has(batch.slots[frameMove.slot.newFrame]![row]!)) &&
            ask(seqOf(batch, row))
          );
        case unmap.code:
          return routes.has(batch.page[row]!) && ask(seqOf(batch, row));
        case tlbFill.code:
          addRoute(batch, row);
          return false;
        case tlbUpdate.code:
          // An entry that became huge covers more than it was filled for.
          return (batch.slots[tlbUpdate.slot.flags]![row]! & TLB_HUGE) !== 0 && ask(seqOf(batch, row));
        default:
          return false;
      }
    },
    // Without the tables nothing can be ruled out: any chunk is a place to begin.
    state: {
      begin,
      anchorKinds: 0,
      mayAnchor: (chunk) => hasKind(chunk, NAMES),
      isAnchor: () => true,
      trailing: false,
      settled: true,
    },
  };
}

function collectRoutes(fold: Fold, space: number, page: number, frames: Set<number>, routes: Set<number>): void {
  const { pages, mappings, spaces } = fold;
  frames.clear();
  routes.clear();
  routes.add(page);
  const index = pages.find(space, page);
  const frame = index < 0 ? 0 : pages.frame[index]!;
  if (frame === 0) return;
  const indices = [frame];
  for (let on = mappings.firstOf(frame); on >= 0; on = mappings.nextOf(on)) {
    routes.add(pages.page[on]!);
    if (pages.space[on] !== spaces.secondStage) continue;
    // Writes to a guest's frame go on to this one.
    frames.add(pages.page[on]!);
    const guest = fold.frames.find(pages.page[on]!, true);
    if (guest > 0) indices.push(guest);
  }
  for (const at of indices) {
    frames.add(fold.frames.numberOf(at));
    for (let on = mappings.firstOf(at); on >= 0; on = mappings.nextOf(on)) routes.add(pages.page[on]!);
  }
  fold.forTlbs((tlb) => {
    for (let slot = 0; slot < tlb.page.length; slot++) {
      const held = tlb.page[slot]!;
      if (held < 0) continue;
      const first = fold.frames.numberOf(tlb.frame[slot]!);
      const covered = tlb.flags[slot]! & TLB_HUGE ? PAGES_PER_TABLE : 1;
      for (const number of frames) {
        if (number >= first && number < first + covered) routes.add(pages.page[held]! + number - first);
      }
    }
  });
}
