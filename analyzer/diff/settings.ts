/** What two trails were recorded with, where it differs: often the whole answer to why they do. */
import type { TrailMeta } from '../../traces/index.js';

export interface SettingDifference {
  /** Key of meta. */
  readonly name: string;
  readonly values: readonly [unknown, unknown];
}

export function differingSettings(a: TrailMeta, b: TrailMeta): SettingDifference[] {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])] as Array<keyof TrailMeta>;
  return names
    .filter((name) => JSON.stringify(a[name]) !== JSON.stringify(b[name]))
    .map((name) => ({ name, values: [a[name] ?? null, b[name] ?? null] }));
}
