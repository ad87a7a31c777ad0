/** What overhead is spent on, and by which events: the one table that sums, gates and comparisons go by. */

/**
 * `walker`: hardware setting D or A in an in-memory entry. `cache`: CPU caches written back for a device that does not snoop. `copy`:
 * transfers, and moves. A flush at a switch of address spaces is a `flush`; allocating page tables in a walk is a `scan`.
 */
export const OVERHEADS = ['fault', 'flush', 'scan', 'exit', 'copy', 'walker', 'cache'] as const;
export type Overhead = (typeof OVERHEADS)[number];

/** By kind, each that carries a cost. */
export const SPENT_ON: Readonly<Record<string, Overhead>> = {
  fault: 'fault',
  pte: 'walker',
  walk: 'scan',
  'table-alloc': 'scan',
  'flush-send': 'flush',
  'flush-ack': 'flush',
  'cache-flush': 'cache',
  'frame-move': 'copy',
  transfer: 'copy',
  exit: 'exit',
};
