import type { CostProfile } from './profile.js';
import { x8664Native } from './x86-64-native.js';

export const arm64Costs: CostProfile = {
  id: 'arm64',
  summary: 'arm64 on bare metal',
  source:
    'no measured source: faults and scans as x86-64-native; broadcast TLBI and DSB assumed at 300 ns plus 20 ns a page',
  ns: { ...x8664Native.ns, broadcastBase: 300, broadcastPerPage: 20 },
};
