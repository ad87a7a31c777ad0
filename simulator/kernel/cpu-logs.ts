/** Logs that each virtual CPU has of its own (PML, a dirty ring), and how a monitor empties them. */
import { type Micro, type MicroOp, micro, Op } from '../micro-ops.js';
import type { StepName } from '../steps.js';

/** Which log `logTake` takes from. */
export const CPU_LOG = { pml: 0, ring: 1 } as const;
/** In place of a CPU number: the CPU that runs. */
export const THIS_CPU = -1;

/** Performs for every entry of a CPU's log, which is gone then, what `actions` gives. */
export function* drainLog(
  step: StepName,
  log: number,
  cpu: number,
  actions: (page: number) => readonly MicroOp[],
): Micro {
  for (;;) {
    const page = yield micro(Op.logTake, step, -1, cpu, log);
    if (page < 0) return;
    for (const action of actions(page)) yield action;
  }
}

/** Makes one virtual CPU after the other exit, and drains its log. */
export function* kickEach(kickNs: number, drain: (cpu: number) => Micro): Micro {
  const step = 'kick virtual CPUs';
  const cpus = yield micro(Op.cpuCount, step);
  for (let cpu = 0; cpu < cpus; cpu++) {
    yield micro(Op.kick, step, -1, cpu, -1, kickNs);
    yield* drain(cpu);
  }
}
