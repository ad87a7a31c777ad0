import type { CostProfile } from './profile.js';
import { x8664Native } from './x86-64-native.js';

export const x8664Vm: CostProfile = {
  id: 'x86-64-vm',
  summary: 'x86-64 guest with nested paging',
  source:
    'faults measured in a Firecracker guest on an AMD EPYC (720-1750 ns); virtual IPIs assumed at twice the native price; the rest as native',
  ns: { ...x8664Native.ns, wpFault: 900, notPresentFault: 1100, spuriousFault: 800, ipiBase: 2000, ipiPerCpu: 400 },
};
