import type { ScenarioDefinition } from '../../scenario.js';
import { strategySetting } from '../../strategy-scenario.js';

/**
 * vmwgfx marks a page in pfn_mkwrite, under the reservation lock, and its caller makes the entry writable when that lock is dropped. A scan and a transfer
 * in between find an entry that is read-only still, consume the mark, and leave a page that is written unseen. DAX makes the entry writable under
 * its lock. By reading; no report of it is known.
 */
export const mkwriteWindow: ScenarioDefinition = {
  id: 'mkwrite-window',
  summary: 'a mark is made under the lock of the harvest, and the entry becomes writable after that lock is dropped',
  year: 2019,
  reference: 'Linux b7468b15d271 (vmwgfx_page_dirty.c) with wp_pfn_shared of mm/memory.c',
  kind: 'suspicion',
  variants: ['buggy', 'fixed'],
  expects: 'lost-write',
  guilty: { actor: 'cpu0', step: 'make entry writable', how: 'late' },
  architectures: ['x86-64', 'arm64'],
  setting: (variant, arch) => ({
    ...strategySetting({
      machine: { strategy: 'pfn-mkwrite', arch, mutations: variant === 'buggy' ? ['unlock-before-upgrade'] : [] },
      cpus: 1,
      pages: 1,
      writes: 1,
      harvests: 1,
      evictions: 1,
    }),
    assumes: [
      'nothing else keeps a scan out: pages without a struct page have no page lock, and a scan does not take the mmap lock for writing',
      'finish_mkwrite_fault compares the entry with the one that faulted, and both are read-only',
      'scan and transfer run under the reservation lock',
    ],
  }),
};
