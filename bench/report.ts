/** What a bench gives back, and how it is printed. */
export interface BenchContext {
  /** A folder for files, removed afterwards. */
  readonly scratch: string;
  /** Counted runs of each side. */
  readonly runs: number;
  readonly node: string;
  /** The folder of the build. */
  readonly dist: string;
}

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly goal: string;
  /** The same figure of the peer; undefined where there is none. */
  readonly peer: number | undefined;
}

export interface Bench {
  readonly id: string;
  readonly title: string;
  run(context: BenchContext): Figure[];
}

export function figure(name: string, value: number, unit: string, goal = '', peer?: number): Figure {
  return { name, value, unit, goal, peer };
}

/** Prints the figures of a bench as rows: value, goal, peer, ratio. */
export function print(bench: Bench, figures: readonly Figure[]): void {
  process.stdout.write(`\n${bench.title}\n`);
  for (const { name, value, unit, goal, peer } of figures) {
    const mine = `${digits(value)} ${unit}`.padStart(14);
    const aim = goal === '' ? '' : `goal ${goal}`;
    const other =
      peer === undefined ? '' : `peer ${digits(peer)} ${unit}, ratio ${digits(Math.max(value / peer, peer / value))}`;
    process.stdout.write(`  ${name.padEnd(24)}${mine}   ${aim.padEnd(14)} ${other}\n`);
  }
}

function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toPrecision(3);
}
