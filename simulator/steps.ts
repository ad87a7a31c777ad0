/**
 * Names of protocol steps. Every event says which step of its strategy (or of the hardware) made it; the trail keeps the
 * names in meta, so the numbers may change between versions.
 */
export const STEP_NAMES = [
  '',
  'map the page',
  'store',
  'store, continued',
  'load',
  'load, continued',
  'device write',
  'kernel write',
  'hardware walk',
  'hardware sets D',
  'fault entry',
  'install entry',
  'mark page',
  'make entry writable',
  'set D in software',
  'harvest',
  'clean entries',
  'protect entries',
  'collect dirty entries',
  'take entry out',
  'put clean entry back',
  'flush',
  'report',
  'consume mark',
  'transfer',
  'evict',
  'lock',
  'compare',
  'stop the program',
  'read pagemap',
  'clear_refs',
  'PAGEMAP_SCAN',
  'monitor resolves fault',
  're-arm entries',
  'change method',
  'reset change bits',
  'hardware logs page',
  'switch address space',
  'monitor drops shadow entry',
  'monitor sets D',
  'monitor installs shadow entry',
  'exit to the monitor',
  'kick virtual CPUs',
  'drain log',
  'drain ring',
  'put page into ring',
  'snapshot bitmap',
  'notifier',
  'flush CPU caches',
  'collect before unmap',
  'unmap entries',
  'move contents',
  'fork copies entries',
  'split huge entry',
  'device request',
  'allocate page tables',
] as const;

export type StepName = (typeof STEP_NAMES)[number];

/** Number of each step, as it stands in events. */
export const STEP_NUMBER = Object.fromEntries(STEP_NAMES.map((name, number) => [name, number])) as Readonly<
  Record<StepName, number>
>;
