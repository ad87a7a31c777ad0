/**
 * Measuring whole processes: from start to exit, as a user waits for them. Runs of the two sides of a comparison alternate, so
 * that a machine that slows down slows both; medians are quoted.
 */
import { spawnSync } from 'node:child_process';

export interface Timing {
  /** Median wall time of a process, s. */
  readonly seconds: number;
  /** What the last run printed. */
  readonly output: string;
}

/** Runs each command `runs` times in turn, after one uncounted round. */
export function measure(commands: readonly (readonly string[])[], runs: number): Timing[] {
  const seconds = commands.map((): number[] => []);
  const outputs: string[] = [];
  for (let round = -1; round < runs; round++) {
    for (const [index, [program, ...args]] of commands.entries()) {
      const started = performance.now();
      const { status, stdout, stderr } = spawnSync(program!, args, { encoding: 'utf8', maxBuffer: 1 << 26 });
      if (status !== 0) throw new Error(`${commands[index]!.join(' ')} exited with ${status}: ${stderr}`);
      if (round >= 0) seconds[index]!.push((performance.now() - started) / 1000);
      outputs[index] = stdout;
    }
  }
  return commands.map((_, index) => ({ seconds: median(seconds[index]!), output: outputs[index]! }));
}

/** Median wall time of a function that runs in this process, s. */
export function measureHere(runs: number, body: () => void): number {
  const seconds: number[] = [];
  for (let round = -1; round < runs; round++) {
    const started = performance.now();
    body();
    if (round >= 0) seconds.push((performance.now() - started) / 1000);
  }
  return median(seconds);
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}
