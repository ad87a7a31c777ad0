/** The one list of scenarios, in the order in which they are told of. To add one: write its file, add its line here. */
import type { ScenarioDefinition } from '../scenario.js';
import { MONITORS_AND_DEVICES } from './catalogue/monitors-and-devices.js';
import { TABLES_AND_TLBS } from './catalogue/tables-and-tlbs.js';
import { TRANSFORMS_AND_PAGES } from './catalogue/transforms-and-pages.js';
import { checkThenProtect } from './questions/check-then-protect.js';
import { clearNeedsAtomicRmw } from './questions/clear-needs-atomic-rmw.js';
import { faultRacesFlush } from './questions/fault-races-flush.js';
import { inAVmBroken, inAVmNested, inAVmShadow } from './questions/in-a-vm.js';
import { protectFlushCheck } from './questions/protect-flush-check.js';
import { s390StorageKey } from './questions/s390-storage-key.js';
import { SUSPICIONS } from './suspicions/suspicions.js';

export const SCENARIOS: readonly ScenarioDefinition[] = [
  faultRacesFlush,
  clearNeedsAtomicRmw,
  checkThenProtect,
  protectFlushCheck,
  inAVmNested,
  inAVmShadow,
  inAVmBroken,
  s390StorageKey,
  ...TABLES_AND_TLBS,
  ...TRANSFORMS_AND_PAGES,
  ...MONITORS_AND_DEVICES,
  ...SUSPICIONS,
];
