/** A strategy put to the search as it is: some CPUs store, the consumer harvests. */
import type { SimulationRequest } from '../simulator/index.js';
import { rounds } from './rounds.js';
import type { Setting } from './scenario.js';

export interface StrategyProgram {
  readonly machine: SimulationRequest;
  readonly cpus: number;
  readonly pages: number;
  /** Stores of each CPU; CPU c begins with page c and goes on in turn. */
  readonly writes: number;
  readonly harvests: number;
  readonly evictions: number;
}

export function strategySetting({ machine, cpus, pages, writes, harvests, evictions }: StrategyProgram): Setting {
  return {
    machine: { ...machine, objectPages: machine.objectPages ?? pages },
    pages,
    evictions,
    actors(stage) {
      const { strategy, host } = stage.tracking;
      const programs = Array.from({ length: cpus }, (_, cpu) => ({
        name: `cpu${cpu}`,
        role: 'program' as const,
        does: Array.from({ length: writes }, (_, at) => stage.store((cpu + at) % pages)),
      }));
      const own = { name: 'harvest', role: 'harvest', does: rounds(strategy, harvests) } as const;
      const outer =
        host === null ? [] : [{ name: 'host harvest', role: 'host-harvest', does: rounds(host, harvests) } as const];
      return [...programs, own, ...outer];
    },
    assumes: ['an instruction is not interrupted by a flush between its TLB lookup and its end'],
  };
}
