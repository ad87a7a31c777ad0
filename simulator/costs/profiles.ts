/** The one list of cost profiles, and the choice of one with single figures changed. */
import { nearest, UsageError } from '../../base/index.js';
import { lookUp } from '../look-up.js';
import { arm64Costs } from './arm64.js';
import { COST_NAMES, type CostName, type CostProfile } from './profile.js';
import { x8664Native } from './x86-64-native.js';
import { x8664Vm } from './x86-64-vm.js';

export const COST_PROFILES: readonly CostProfile[] = [x8664Native, x8664Vm, arm64Costs];

/**
 * The profile of that id with `overrides` (ns by cost name) applied and kept beside it.
 * Unknown ids, unknown names and negative or fractional figures are a `UsageError`.
 */
export function costProfile(id: string, overrides: Readonly<Record<string, number>> = {}): CostProfile {
  const help = 'see `pagetrail list costs`; a file of your own ends in .json';
  return withFigures(lookUp('cost profile', id, COST_PROFILES, help), overrides);
}

/** A profile with single figures (ns by cost name) changed. Unknown names and impossible figures are a `UsageError`. */
export function withFigures(profile: CostProfile, overrides: Readonly<Record<string, number>>): CostProfile {
  const ns: Record<CostName, number> = { ...profile.ns };
  for (const [name, value] of Object.entries(overrides)) {
    if (!Object.hasOwn(COST_NAMES, name)) {
      const guess = nearest(name, Object.keys(COST_NAMES));
      throw new UsageError({
        what: `'${name}' is not a cost`,
        ...(guess === null ? {} : { why: `did you mean '${guess}'?` }),
        mend: `the costs are: ${Object.keys(COST_NAMES).join(', ')}`,
      });
    }
    if (!Number.isSafeInteger(value) || value < 0 || value > 1e9) {
      throw new UsageError({ what: `cost ${name}=${value} is not a whole number of ns from 0 to 1e9` });
    }
    ns[name as CostName] = value;
  }
  return Object.keys(overrides).length === 0 ? profile : { ...profile, overrides, ns };
}
