/** How to say who tracks: one strategy, or one in a guest and perhaps one in the monitor outside. */
import type { TrailMeta } from '../traces/index.js';

export type Trackers = Pick<TrailMeta, 'strategy' | 'variant' | 'vm'>;

/** In a few words, for headings: `hw-dirty`, `hw-dirty in pml`, `hw-dirty in broken` (a monitor that does not track). */
export function trackersName({ strategy, vm }: Trackers): string {
  return vm ? `${vm.guest ?? 'observed'} in ${vm.host ?? vm.monitor}` : (strategy ?? 'observed');
}

/** In full: `kvm-dirty-log (manual)`, `hw-dirty in a guest, pml outside, nested paging`. */
export function trackersText({ strategy, variant, vm }: Trackers): string {
  const way = variant ? ` (${variant})` : '';
  if (!vm) return `${strategy ?? 'none: observed events'}${way}`;
  const inside = `${vm.guest ?? 'nothing'} in a guest`;
  return `${inside}, ${vm.host ?? 'nothing'} outside${way}, monitor ${vm.monitor}`;
}
