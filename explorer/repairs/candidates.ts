/** Every single change that is tried on a setting, from what a survey of its code has found. */
import { type CostName, type MicroOp, Op, STEP_NAMES } from '../../simulator/index.js';
import { LOCK_KINDS } from '../../traces/index.js';
import type { Setting } from '../scenario.js';
import type { Staged } from '../stage.js';
import type { Change } from './changed.js';
import { atOnce, lookAgain } from './entries.js';
import { addFlush } from './flush.js';
import { keepLock, lockNames, takeLock } from './locks.js';
import type { Pair, Site, Survey } from './survey.js';

export const REPAIR_KINDS = ['at-once', 'keep-lock', 'take-lock', 'look-again', 'flush'] as const;
export type RepairKind = (typeof REPAIR_KINDS)[number];

/** The line that a change is made at; pieces of the same kind run the same code and are changed alike. */
export interface Where {
  readonly actor: string;
  readonly piece: string;
  /** Number of the operation in the piece, from 1; 0: all of it. */
  readonly operation: number;
  readonly step: string;
}

export interface Candidate {
  readonly kind: RepairKind;
  readonly where: Where;
  /** What is done, in words. */
  readonly text: string;
  /** What it costs each time, by the cost profile. */
  readonly costNs: number;
  readonly change: Change;
}

export function candidatesOf(survey: Survey, setting: Setting, staged: Staged): Candidate[] {
  const candidates = new Candidates(setting, staged);
  // Where the instruction that changes an entry flushes it, no flush is left to be added, and it waits for others: it cannot be part of a longer step.
  const isApart = staged.settings.architecture.flushBy !== 'with-entry';
  const sites = [...survey.sites.values()];
  const unlocks = sites.filter(({ op }) => op.code === Op.unlock);
  return [
    ...(isApart ? [...survey.together.values()].map((pair) => candidates.atOnce(pair)) : []),
    ...unlocks.filter(({ waitsLater }) => waitsLater).map((site) => candidates.keepLock(site, true)),
    ...unlocks.filter(({ goesOn }) => goesOn).map((site) => candidates.keepLock(site, false)),
    ...[...survey.locks.values()].flatMap(({ op, kinds }) =>
      [...survey.kinds.values()]
        .filter(({ kind }) => [...kinds].some((taker) => taker !== kind))
        .map((site) => candidates.takeLock(site, op)),
    ),
    ...[...survey.apart.values()].map((pair) => candidates.lookAgain(pair)),
    ...(isApart ? sites.filter(({ canFlush }) => canFlush).map((site) => candidates.flush(site)) : []),
  ];
}

class Candidates {
  readonly #steps: readonly string[];
  readonly #staged: Staged;
  readonly #lockOf: ReturnType<typeof lockNames>;
  /** Actors that run programs: the CPUs that a flush interrupts. */
  readonly #programs: ReadonlySet<string>;

  constructor({ steps = [] }: Setting, staged: Staged) {
    this.#steps = [...STEP_NAMES, ...steps];
    this.#staged = staged;
    this.#lockOf = lockNames(staged.world.machine);
    this.#programs = new Set(staged.actors.filter(({ pieces }) => pieces.some(isAccess)).map(({ name }) => name));
  }

  flush(site: Site): Candidate {
    const text = `flush after ${this.#named(site)}`;
    return { kind: 'flush', where: this.#at(site), text, costNs: this.#flushNs(site), change: addFlush(site.line) };
  }

  lookAgain({ load, use }: Pair): Candidate {
    const text = `load again, as in ${this.#named(load)}, before ${this.#named(use)}`;
    const change = lookAgain(load.line, use.line);
    return { kind: 'look-again', where: this.#at(use), text, costNs: this.#ns('pteScan'), change };
  }

  atOnce({ load, use }: Pair): Candidate {
    const text = `${this.#named(load)} and ${this.#named(use)} in one step`;
    return { kind: 'at-once', where: this.#at(use), text, costNs: 0, change: atOnce(load.line, use.line) };
  }

  keepLock(site: Site, overFlush: boolean): Candidate {
    const when = overFlush ? 'when the next flush is done' : 'at the end';
    const text = `${this.#named(site)} of ${lockName(site.op)} only ${when}`;
    const change = keepLock(site.line, overFlush, this.#lockOf);
    return { kind: 'keep-lock', where: this.#at(site), text, costNs: 0, change };
  }

  takeLock(site: Site, lock: MicroOp): Candidate {
    const text = `all of '${site.kind}' under ${lockName(lock)}`;
    const where = { ...this.#at(site), operation: 0, step: '' };
    return { kind: 'take-lock', where, text, costNs: 0, change: takeLock(lock, site.kind, this.#lockOf) };
  }

  #at({ actor, piece, operation, op }: Site): Where {
    return { actor, piece, operation, step: this.#steps[op.step]! };
  }

  #named({ op, piece, operation }: Site): string {
    return `${OPERATION_NAMES.get(op.code)!} '${this.#steps[op.step]!}' (${piece}: ${operation})`;
  }

  #flushNs({ actor }: Site): number {
    if (this.#staged.settings.architecture.flushBy === 'broadcast')
      return this.#ns('broadcastBase') + this.#ns('broadcastPerPage');
    const remote = this.#programs.size - (this.#programs.has(actor) ? 1 : 0);
    return this.#ns('ipiBase') + remote * this.#ns('ipiPerCpu') + this.#ns('invlpg');
  }

  #ns(name: CostName): number {
    return this.#staged.settings.cost.ns[name];
  }
}

const OPERATION_NAMES = new Map<number, string>(Object.entries(Op).map(([name, code]) => [code, name]));

function isAccess({ code }: Staged['actors'][number]['pieces'][number]): boolean {
  const first = code().next(0);
  return first.done !== true && first.value.code === Op.tlbLookup;
}

function lockName({ a, page }: MicroOp): string {
  return `the ${LOCK_KINDS[a]!} lock${page < 0 ? '' : ` of page index ${page}`}`;
}
