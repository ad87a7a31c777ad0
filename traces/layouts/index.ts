/** The one list of entry layouts. To add one: write its file, add its line here. */
import { InputError } from '../../base/index.js';
import { arm64, arm64Dbm } from './arm64.js';
import { arm64S2 } from './arm64-s2.js';
import type { PteLayout } from './define.js';
import { ept } from './ept.js';
import { riscv64 } from './riscv64.js';
import { s390x } from './s390x.js';
import { s390xKey } from './s390x-key.js';
import { x8664 } from './x86-64.js';

export * from './define.js';

export const PTE_LAYOUTS: readonly PteLayout[] = [x8664, arm64, arm64Dbm, riscv64, s390xKey, s390x, ept, arm64S2];

/** The layout of that id; an `InputError` when a trail names one that this version does not know. */
export function pteLayout(id: string): PteLayout {
  const layout = PTE_LAYOUTS.find((candidate) => candidate.id === id);
  if (layout === undefined) {
    throw new InputError({
      what: `page-table layout '${id}' is not known`,
      why: 'the trail was written by a newer version of pagetrail',
      mend: 'read it with the version that wrote it, or a newer one',
    });
  }
  return layout;
}
