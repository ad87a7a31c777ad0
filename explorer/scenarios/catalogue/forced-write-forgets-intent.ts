import { PTE_DIRTY, PTE_PRESENT } from '../../../traces/index.js';
import type { ScenarioDefinition } from '../../scenario.js';
import { dropPage, forceWrite, names } from './forced-write.js';

/**
 * Once the fault has made a private copy, the page is looked up as if for reading, since its entry never becomes writable. If the copy is dropped
 * just then, the next fault maps the page of the file, and that is written to. The repair keeps the intent, and takes D of a copied page for the
 * proof.
 */
export const forcedWriteForgetsIntent: ScenarioDefinition = {
  id: 'forced-write-forgets-intent',
  summary: 'a forced write looks its page up again after the copy was dropped: as for reading, or still as for writing',
  year: 2016,
  reference: 'Linux 19be0eaffa3a (4.9), CVE-2016-5195',
  kind: 'race',
  variants: ['buggy', 'fixed'],
  expects: 'dirty-as-proof',
  guilty: { actor: 'forced write', step: 'fault for reading', how: 'wrong' },
  architectures: ['x86-64', 'arm64'],
  setting: (variant, arch) => ({
    machine: { strategy: 'hw-dirty', arch, vma: 'anon' },
    pages: 1,
    steps: names,
    variables: ['page is private'],
    reads: ['pte-dirty'],
    handlers: () => ({ mappedFlags: PTE_PRESENT }),
    actors: (stage) => [
      {
        name: 'forced write',
        does: [
          {
            label: 'write to page 0 of a file',
            code: () =>
              forceWrite(stage.page(0), {
                accepts: (flags, copied) => copied && (flags & PTE_DIRTY) !== 0,
                forgetsIntent: variant === 'buggy',
                waits: false,
              }),
          },
        ],
      },
      { name: 'cpu1', does: [{ label: 'MADV_DONTNEED of page 0', code: () => dropPage(stage.page(0)) }] },
    ],
    assumes: [
      'look-up, fault and MADV_DONTNEED change and read the entry under the page-table lock, and do not exclude each other',
      'a page of the file is mapped clean; only a copy is mapped dirty',
      'whoever has looked the page up has a reference: what it writes then is not modelled',
    ],
  }),
};
