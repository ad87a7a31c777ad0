/** Why a run is out of the question whatever it costs: its consumer does not get everything that is written. */
import { counted } from '../../base/index.js';
import type { CostReport } from '../../analyzer/index.js';
import type { SimulationSettings } from '../../simulator/index.js';

export interface Mark {
  readonly id: 'lost' | 'invisible' | 'blind';
  /** Goes on after the name of the run: "loses 3 writes". */
  readonly text: string;
}

/** @param writers who wrote around the page tables in this source */
export function marksOf(
  { strategy, deviceMmu }: Pick<SimulationSettings, 'strategy' | 'deviceMmu'>,
  cost: CostReport,
  { byDevice, byKernel }: { readonly byDevice: boolean; readonly byKernel: boolean },
): Mark[] {
  const { lostWrites, lostPages, invisibleWrites } = cost;
  // A device with an MMU of its own goes through translations that strategies take away.
  const blindToDevice = byDevice && !deviceMmu && strategy.cannotSee.includes('device-dma');
  const blindToKernel = byKernel && strategy.cannotSee.includes('kernel-write');
  const unseen = [...(blindToDevice ? ['devices'] : []), ...(blindToKernel ? ['the kernel'] : [])];
  return [
    ...(lostWrites > 0
      ? [{ id: 'lost', text: `loses ${counted(lostWrites, 'write')} on ${counted(lostPages, 'page')}` } as const]
      : []),
    ...(invisibleWrites > 0
      ? [
          {
            id: 'invisible',
            text: `never learns of ${counted(invisibleWrites, 'write')} around the page tables`,
          } as const,
        ]
      : []),
    ...(unseen.length > 0
      ? [{ id: 'blind', text: `cannot see writes of ${unseen.join(' or ')}, and there are some` } as const]
      : []),
  ];
}
