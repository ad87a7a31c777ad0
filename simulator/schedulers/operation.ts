/** An operation of the source: its announcement in the trail, what it is about in the machine's terms, and that it is done. */
import { PAGE_SIZE } from '../../base/index.js';
import { AccessKind } from '../accesses.js';
import type { Tracking } from '../kernel/access.js';
import { type Extent, operate } from '../kernel/operations.js';
import type { Machine } from '../machine/machine.js';
import { ANY_MAPPED, firstAt, lastAt, lastWith, nextWith, START_OF_OBJECT } from '../machine/order.js';
import type { PageStore } from '../machine/pages.js';
import type { Micro } from '../micro-ops.js';
import type { Processes } from './processes.js';

export interface SourceOperation {
  /** `AccessKind`. */
  readonly kind: number;
  readonly space: number;
  /** Page number, or -1 for the whole object. */
  readonly page: number;
  /** Bytes; 0 for the whole object. */
  readonly size: number;
}

/**
 * Announces an operation on the current CPU.
 * @param page page number, or -1 for the whole object
 * @param size bytes from its start; 0 for the whole object
 */
export function announce({ journal }: Machine, kind: number, space: number, page: number, size: number): void {
  const whole = page < 0 || size === 0;
  journal.step = 0;
  const pages = whole ? 0 : Math.ceil(size / PAGE_SIZE);
  // The kinds of operations are in the order of their codes in the trail.
  journal.operation(space, whole ? -1 : page, kind - AccessKind.unmap, pages, journal.program[journal.cpu]!);
}

/** An operation other than a harvest, announced and done. */
export function* operation(
  machine: Machine,
  tracking: Tracking,
  processes: Processes,
  { kind, space, page, size }: SourceOperation,
): Micro {
  announce(machine, kind, space, page, size);
  const extent = extentOf(machine, space, page, size);
  // A child of a private mapping, or of a guest, has memory of its own: it is not the object's business.
  if (kind === AccessKind.fork && !processes.shared) return;
  if (extent !== null) yield* operate(kind, tracking, extent);
  processes.refresh();
}

/** The pages of the object that it is about; null where it has none there. */
function extentOf(machine: Machine, space: number, page: number, size: number): Extent | null {
  const { pages, memory } = machine;
  const whole = page < 0 || size === 0;
  const from = whole ? 0 : memory.mappings.homeOf(page);
  const to = from + Math.ceil(size / PAGE_SIZE) - 1;
  const first = whole ? nextWith(pages, START_OF_OBJECT, ANY_MAPPED) : firstHome(pages, from, to);
  const last = whole ? lastWith(pages, START_OF_OBJECT, ANY_MAPPED) : lastHome(pages, from, to);
  const mapping = memory.mappings.list.findIndex((one) => one.space === space && one.delta === 0);
  return first < 0 || mapping < 0 ? null : { first, last, mapping };
}

/** The first home page with a number in [from, to], or -1; a second place of other pages may lie among them. */
function firstHome(pages: PageStore, from: number, to: number): number {
  const page = firstAt(pages, 0, from, to);
  return page < 0 || pages.home[page] === page ? page : firstHome(pages, pages.number[page]! + 1, to);
}

function lastHome(pages: PageStore, from: number, to: number): number {
  const page = lastAt(pages, 0, from, to);
  return page < 0 || pages.home[page] === page ? page : lastHome(pages, from, pages.number[page]! - 1);
}
