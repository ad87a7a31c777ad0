import { PTE_DIRTY, PTE_PRESENT } from '../../../traces/index.js';
import type { ScenarioDefinition } from '../../scenario.js';
import { dropPage, forceWrite, mapSharedDirty, names } from './forced-write.js';

/**
 * A read-only entry with D was taken for that of a private copy, once a copy had been made. In shared memory with a user-space fault handler there
 * is another way to such an entry: the copy is dropped, and the handler maps the shared page itself.
 */
export const dirtyTakenForPrivate: ScenarioDefinition = {
  id: 'dirty-taken-for-private',
  summary:
    'a forced write takes a page for its private copy because its entry is dirty, or because the page says so itself',
  year: 2022,
  reference: 'Linux 5535be309971 (6.0), CVE-2022-2590',
  kind: 'race',
  variants: ['buggy', 'fixed'],
  expects: 'dirty-as-proof',
  guilty: { actor: 'forced write', step: 'take page for a private copy', how: 'wrong' },
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
            label: 'write to page 0 of shared memory',
            code: () =>
              forceWrite(stage.page(0), {
                accepts: (flags, copied, isPrivate) =>
                  variant === 'fixed' ? isPrivate : copied && (flags & PTE_DIRTY) !== 0,
                forgetsIntent: false,
                waits: true,
              }),
          },
        ],
      },
      {
        name: 'cpu1',
        does: [
          { label: 'MADV_DONTNEED of page 0', code: () => dropPage(stage.page(0)) },
          { label: 'UFFDIO_CONTINUE of page 0', code: () => mapSharedDirty(stage.page(0)) },
        ],
      },
    ],
    assumes: [
      'look-up, fault and the calls of cpu1 change and read the entry under the page-table lock, and do not exclude each other',
      'a page that is not mapped is left to the handler in user space; the forced write waits for it',
      'whoever has looked the page up has a reference: what it writes then is not modelled',
    ],
  }),
};
