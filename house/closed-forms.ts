/**
 * What each strategy must count, computed from the accesses alone: an independent pass that knows no machine, only which pages were written
 * between two harvests, on which CPU, and which were mapped. `docs/strategies.md` states the same forms in words.
 */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';

const PAGE_BYTES = 4096;
export const TABLE_PAGES = 512;
/** Pages of one KVM_CLEAR_DIRTY_LOG. */
const GROUP_PAGES = 64;
/** Entries of a page-modification log. */
const LOG_ENTRIES = 512;

/** A store; it touches `pages` pages from `page` on. */
export interface Store {
  readonly page: number;
  readonly offset: number;
  readonly size: number;
  readonly cpu: number;
}

/** One write event of a store. */
interface Touch {
  readonly page: number;
  readonly cpu: number;
  /** CPUs that have run by then, itself included. */
  readonly ran: number;
}

export interface Epoch {
  readonly touches: readonly Touch[];
  /** Distinct pages written, ascending: D of them. */
  readonly written: readonly number[];
  /** Those that no epoch before wrote. */
  readonly fresh: readonly number[];
  /** Pages mapped by the harvest, ascending: M of them. */
  readonly mapped: readonly number[];
  /** CPUs that have run by the harvest. */
  readonly ran: number;
}

export interface Counts {
  writeProtect: number;
  notPresent: number;
  dirtyTrap: number;
  spurious: number;
  exits: Record<string, number>;
  flushes: number;
  ipis: number;
  scanned: number;
  reported: number;
  bytes: number;
  /** Pages whose CPU caches were written back. */
  writtenBack: number;
}

export const nothing = (): Counts => ({
  writeProtect: 0,
  notPresent: 0,
  dirtyTrap: 0,
  spurious: 0,
  exits: {},
  flushes: 0,
  ipis: 0,
  scanned: 0,
  reported: 0,
  bytes: 0,
  writtenBack: 0,
});

const ascending = (pages: Iterable<number>): number[] => [...pages].sort((a, b) => a - b);

/** The stores and modifies of a lackey log, as far as `most` of them. Of the rest only time passes. */
export async function storesOfLog(path: string, most: number): Promise<Store[]> {
  const stores: Store[] = [];
  const lines = createInterface({ input: createReadStream(path).pipe(createGunzip()) });
  for await (const line of lines) {
    const [, address, size] = /^ [SM] ([0-9a-f]+),(\d+)$/.exec(line) ?? [];
    if (address === undefined) continue;
    const at = Number(`0x${address}`);
    stores.push({ page: Math.floor(at / PAGE_BYTES), offset: at % PAGE_BYTES, size: Number(size), cpu: 0 });
    if (stores.length === most) break;
  }
  lines.close();
  return stores;
}

/** Cuts stores into epochs: a harvest follows the store that contains the N-th write since the last, and the end. */
export function epochsOf(stores: readonly Store[], every: number): Epoch[] {
  const epochs: Epoch[] = [];
  const mapped = new Set<number>();
  const cpus = new Set<number>();
  let touches: Touch[] = [];
  let fresh = new Set<number>();
  let counted = 0;
  const close = () => {
    const written = ascending(new Set(touches.map(({ page }) => page)));
    epochs.push({ touches, written, fresh: ascending(fresh), mapped: ascending(mapped), ran: cpus.size });
    touches = [];
    fresh = new Set();
  };
  for (const { page, offset, size, cpu } of stores) {
    cpus.add(cpu);
    for (let touched = page; touched * PAGE_BYTES < page * PAGE_BYTES + offset + size; touched++) {
      if (!mapped.has(touched)) fresh.add(touched);
      mapped.add(touched);
      touches.push({ page: touched, cpu, ran: cpus.size });
      counted++;
    }
    if (counted < every) continue;
    counted %= every;
    close();
  }
  if (touches.length > 0) close();
  return epochs;
}

/** Pieces of neighbouring pages, cut again wherever a multiple of `cut` pages begins. */
export function runs(pages: readonly number[], cut = Number.MAX_SAFE_INTEGER): number {
  return pages.filter((page, i) => page !== pages[i - 1]! + 1 || page % cut === 0).length;
}

export const tablesOf = (pages: readonly number[]): number[] => [
  ...new Set(pages.map((page) => Math.floor(page / TABLE_PAGES))),
];

/** First and last page of each VMA: mapped pages, apart by more than `gap` others; 0: one VMA. */
function vmasOf(mapped: readonly number[], gap: number): Array<readonly [number, number]> {
  const cuts = mapped.map((page, i) => i > 0 && gap > 0 && page - mapped[i - 1]! - 1 > gap);
  const starts = [0, ...cuts.keys()].filter((i) => i === 0 || cuts[i]);
  const first = [...new Set(starts)];
  return first.map((from, i) => [mapped[from]!, mapped[(first[i + 1] ?? mapped.length) - 1]!]);
}

/** Slots of existing page tables between the ends of each of these ranges. */
function slotsOf(mapped: readonly number[], ranges: ReadonlyArray<readonly [number, number]>): number {
  let slots = 0;
  for (const table of tablesOf(mapped))
    for (const [first, last] of ranges)
      slots += Math.max(0, Math.min(last, (table + 1) * TABLE_PAGES - 1) - Math.max(first, table * TABLE_PAGES) + 1);
  return slots;
}

export interface Shape {
  /** Pages between two VMAs, `--vma-gap`. */
  readonly gap: number;
  readonly ringEntries: number;
}

/** What a harvest finds: the figures that the forms are made of. */
export class Harvested {
  readonly dirty: number;
  /** VMAs with dirty pages. */
  readonly dirtyVmas: number;
  /** Slots of all VMAs, and of their parts between the first dirty page and the last. */
  readonly allSlots: number;
  readonly intervalSlots: number;
  /** Slots from the first mapped page of each page table to its last, by VMA. */
  readonly tableSlots: number;

  constructor(
    readonly epoch: Epoch,
    readonly shape: Shape,
  ) {
    const { mapped, written } = epoch;
    const [first, last] = [written[0]!, written.at(-1)!];
    const vmas = vmasOf(mapped, shape.gap);
    this.dirty = written.length;
    this.dirtyVmas = vmas.filter(([from, to]) => written.some((page) => page >= from && page <= to)).length;
    this.allSlots = slotsOf(mapped, vmas);
    const interval = mapped.filter((page) => page >= first && page <= last);
    this.intervalSlots = slotsOf(mapped, vmasOf(interval, shape.gap));
    // A VMA or a table may end anywhere: both cut.
    this.tableSlots = tablesOf(mapped).reduce((sum, table) => {
      const own = mapped.filter((page) => Math.floor(page / TABLE_PAGES) === table);
      return sum + vmasOf(own, shape.gap).reduce((slots, [from, to]) => slots + to - from + 1, 0);
    }, 0);
  }

  /** Runs of dirty pages, and the same cut into groups. */
  get runs(): number {
    return runs(this.epoch.written);
  }
  get groups(): number {
    return runs(this.epoch.written, GROUP_PAGES);
  }
  get tables(): number {
    return tablesOf(this.epoch.written).length;
  }

  /** Remote targets of so many flushes at the harvest. */
  harvestFlushes(flushes: number): Pick<Counts, 'flushes' | 'ipis'> {
    return { flushes, ipis: flushes * (this.epoch.ran - 1) };
  }

  /** One flush at each first write. */
  faultFlushes(): Pick<Counts, 'flushes' | 'ipis'> {
    const seen = new Set<number>();
    const first = this.epoch.touches.filter(({ page }) => !seen.has(page) && seen.add(page));
    return { flushes: first.length, ipis: first.reduce((sum, { ran }) => sum + ran - 1, 0) };
  }

  /** Pages that each virtual CPU logs first: floor((n - 1) / 512) of its entries meet a full log. */
  fullLogs(): number {
    const logged = new Map<number, number>();
    const seen = new Set<number>();
    for (const { page, cpu } of this.epoch.touches) {
      if (seen.has(page)) continue;
      seen.add(page);
      logged.set(cpu, (logged.get(cpu) ?? 0) + 1);
    }
    return [...logged.values()].reduce((sum, pages) => sum + Math.floor((pages - 1) / LOG_ENTRIES), 0);
  }

  /**
   * Dirty rings: a push at each write to a protected page; a full ring protects the pages that are in it, that of the write at hand too, which
   * so faults once more and is the first in the emptied ring.
   */
  rings(): { pushes: number; full: number; rest: number; ipis: number } {
    const rings = new Map<number, number[]>();
    const writable = new Set<number>();
    const sums = { pushes: 0, full: 0, rest: 0, ipis: 0 };
    for (const { page, cpu, ran } of this.epoch.touches) {
      const ring = rings.get(cpu) ?? [];
      rings.set(cpu, ring);
      while (!writable.has(page)) {
        writable.add(page);
        sums.pushes++;
        if (ring.push(page) < this.shape.ringEntries) continue;
        sums.full++;
        sums.ipis += ran - 1;
        for (const taken of ring.splice(0)) writable.delete(taken);
      }
    }
    for (const { length } of rings.values()) sums.rest += length;
    return sums;
  }
}
