/** A strategy put to the search as it is: some CPUs store, others take pages out of their entries or move them, the consumer harvests. */
import { AccessKind, operate, type SimulationRequest } from '../simulator/index.js';
import { type Deed, pieceOf } from './program-words.js';
import { rounds } from './rounds.js';
import type { RuleId } from './rules.js';
import type { ScenarioActor, ScenarioPiece, Setting, Stage } from './scenario.js';

export interface StrategyProgram {
  readonly machine: SimulationRequest;
  readonly cpus: number;
  readonly pages: number;
  /** Stores of each CPU; CPU c begins with page c and goes on in turn. */
  readonly writes: number;
  readonly harvests: number;
  readonly evictions: number;
  /** Times that a thread of its own unmaps the first page, or swaps it out. Default 0. */
  readonly unmaps?: number;
  /** Times that one moves the first page to the other kind of memory. Default 0. */
  readonly moves?: number;
  /** What each CPU does, where it is something else than so many stores: for `cpus` of them, whatever `writes` says. */
  readonly does?: ReadonlyArray<readonly Deed[]>;
  /** Rules that decide besides those of harm. */
  readonly decides?: readonly RuleId[];
}

export function strategySetting(program: StrategyProgram): Setting {
  const { machine, cpus, pages, writes, harvests, evictions, unmaps = 0, moves = 0, does, decides } = program;
  return {
    machine: { ...machine, objectPages: machine.objectPages ?? pages },
    pages,
    evictions,
    ...(decides !== undefined && { decides }),
    actors(stage) {
      const { strategy, host } = stage.tracking;
      const programs = Array.from({ length: cpus }, (_, cpu) => ({
        name: `cpu${cpu}`,
        role: 'program' as const,
        does:
          does?.[cpu]?.map((deed) => pieceOf(stage, pages, deed)) ??
          Array.from({ length: writes }, (_, at) => stage.store((cpu + at) % pages)),
      }));
      const others = [
        ...operator(stage, 'unmapper', AccessKind.unmap, 'unmap page 0', unmaps),
        ...operator(stage, 'mover', AccessKind.move, 'move page 0', moves),
      ];
      const own = { name: 'harvest', role: 'harvest', does: rounds(strategy, harvests) } as const;
      const outer =
        host === null ? [] : [{ name: 'host harvest', role: 'host-harvest', does: rounds(host, harvests) } as const];
      return [...programs, ...others, own, ...outer];
    },
    assumes: ['an instruction is not interrupted by a flush between its TLB lookup and its end'],
  };
}

/** A thread of the kernel that does the operation on the first page so many times; none for no times. */
function operator(stage: Stage, name: string, kind: number, label: string, times: number): ScenarioActor[] {
  if (times === 0) return [];
  const page = stage.page(0);
  const piece: ScenarioPiece = {
    label,
    code: () => operate(kind, stage.tracking, { first: page, last: page, mapping: 0 }),
  };
  return [{ name, does: Array.from({ length: times }, () => piece) }];
}
