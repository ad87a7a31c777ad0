/**
 * Xen puts the flush for an entry that lost W off until its page is used as something else. Code that was moved asks for the type that the page will have
 * where it meant the one that it had.
 */
import { PTE_WRITABLE } from '../../../traces/index.js';
import {
  CLAIM,
  FIRST_FREE_VARIABLE,
  flushRange,
  LOCK,
  type Micro,
  Op,
  upgradeEntry,
  WRITTEN,
} from '../../../simulator/index.js';
import { actions } from '../../actions.js';
import type { ScenarioDefinition } from '../../scenario.js';

const { act, names } = actions('make entry read-only', 'look at references', 'change type', 'use as page table');

const TYPE = FIRST_FREE_VARIABLE;
const IS_WRITABLE = 0;
const IS_PAGE_TABLE = 1;

export const flushByNewType: ScenarioDefinition = {
  id: 'flush-by-new-type',
  summary:
    'a page becomes a page table while another CPU can still write it: whether to flush is asked of its new type',
  year: 2022,
  reference: 'XSA-408, CVE-2022-33745',
  kind: 'race',
  variants: ['buggy', 'fixed'],
  expects: 'write-after-revoke',
  guilty: { actor: 'vcpu1', step: 'flush', how: 'missing' },
  architectures: ['x86-64'],
  setting: (variant, arch) => ({
    machine: { strategy: 'hw-dirty', arch, vma: 'shared-file' },
    pages: 1,
    steps: names,
    variables: ['type of page'],
    handlers: () => ({
      // The guest gives the page table up, and the page is an ordinary one again.
      *writeFault(page) {
        yield act(Op.lock, 'lock', page, LOCK.page);
        yield act(Op.remember, 'change type', -1, TYPE, IS_WRITABLE);
        yield* upgradeEntry(page, WRITTEN);
        yield act(Op.unlock, 'lock', page, LOCK.page);
      },
    }),
    before: (stage) => [{ cpu: 0, does: [stage.store(0)] }],
    actors: (stage) => [
      { name: 'vcpu0', does: [stage.store(0)] },
      {
        name: 'vcpu1',
        does: [
          { label: 'make page 0 read-only', code: () => makeReadOnly(stage.page(0)) },
          { label: 'pin page 0 as a page table', code: () => pin(stage.page(0), variant === 'fixed') },
        ],
      },
    ],
    evictions: 1,
    assumes: [
      'the type of a page changes under a lock of the page, and only while no entry with W refers to it',
      'the flush for an entry that lost W is owed until the type of its page changes from writable',
      'a CPU acts on a flush only between two instructions',
    ],
  }),
};

/** mod_l1_entry: the reference goes with the entry, and the flush waits for the next use of the page. */
function* makeReadOnly(page: number): Micro {
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  yield act(Op.pteChange, 'make entry read-only', page, PTE_WRITABLE, 0);
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
}

/** _get_page_type. */
function* pin(page: number, asksOldType: boolean): Micro {
  yield act(Op.lock, 'lock', page, LOCK.page);
  const referred = (yield act(Op.pteLoad, 'look at references', page)) & PTE_WRITABLE;
  if (!referred) {
    const old = yield act(Op.remember, 'change type', -1, TYPE, IS_PAGE_TABLE);
    const asked = asksOldType ? old : IS_PAGE_TABLE;
    if (asked === IS_WRITABLE) yield* flushRange(page, page, 'arm');
    yield act(Op.declare, 'use as page table', page, CLAIM.protected);
  }
  yield act(Op.unlock, 'lock', page, LOCK.page);
}
