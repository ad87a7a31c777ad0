/**
 * The one list of what somebody may need of a strategy, whatever it costs. Each is decided by what strategies declare of themselves and by
 * the mapping that they run on. To add one: add its entry here.
 */
import { STRATEGIES, type SimulationSettings, type StrategyDefinition } from '../../simulator/index.js';

export interface Need {
  /** The word for --need. */
  readonly id: string;
  readonly about: string;
  /** Why a run does not meet it; null where it does. */
  readonly unmet: (strategy: StrategyDefinition, run: Pick<SimulationSettings, 'vma'>) => string | null;
}

const because = (isMet: boolean, why: string): string | null => (isMet ? null : why);

export const NEEDS = [
  {
    id: 'no-struct-page',
    about: 'memory without a struct page behind its entries, as device memory is',
    unmet: ({ shadow }, { vma }) =>
      because(
        shadow === 'instead' || !(vma.structPage.system && vma.structPage.device),
        `on a ${vma.id} mapping there is a struct page behind every entry`,
      ),
  },
  {
    id: 'user-space',
    about: 'a process tracks its own memory by itself',
    unmet: ({ userSpace, monitor }) =>
      because(
        userSpace === true,
        monitor === undefined ? 'it is code of a kernel' : 'it is part of a virtual machine monitor',
      ),
  },
  {
    id: 'no-kernel-change',
    about: 'what kernels offer as they are: no driver, no patch',
    unmet: ({ userSpace, monitor }) =>
      because(userSpace === true || monitor !== undefined, 'it needs code in a kernel: a driver, or a patch'),
  },
  {
    id: 'guest',
    about: 'the memory of a virtual machine, tracked by its monitor',
    unmet: ({ monitor }) => because(monitor !== undefined, 'it tracks the memory of a process'),
  },
  {
    id: 'process',
    about: 'the memory of a process, not of a virtual machine',
    unmet: ({ monitor }) => because(monitor === undefined, 'it tracks the memory of a virtual machine'),
  },
  {
    id: 'device-writes',
    about: 'writes of devices are seen',
    unmet: ({ cannotSee }) => because(!cannotSee.includes('device-dma'), 'it cannot see writes of devices'),
  },
  {
    id: 'kernel-writes',
    about: 'writes that the kernel makes through mappings of its own are seen',
    unmet: ({ cannotSee }) => because(!cannotSee.includes('kernel-write'), 'it cannot see writes of the kernel'),
  },
  {
    id: 'no-copy',
    about: 'no second copy of the memory',
    unmet: ({ shadow }) => because(shadow === undefined, 'it keeps a copy of every page'),
  },
] as const satisfies readonly Need[];

export type NeedId = (typeof NEEDS)[number]['id'];

/** The first need that a run does not meet, and why; null where it meets all. */
export function unmetNeed(settings: Pick<SimulationSettings, 'strategy' | 'vma'>, needs: readonly NeedId[]) {
  for (const { id, unmet } of NEEDS) {
    if (!needs.includes(id)) continue;
    const why = unmet(settings.strategy, settings);
    if (why !== null) return { id, why };
  }
  return null;
}

export function strategyNamed(id: string): StrategyDefinition {
  return STRATEGIES.find((strategy) => strategy.id === id)!;
}
