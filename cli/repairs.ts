/** How `explore --repair` answers: the single changes that make a program safe, the cheapest first. */
import type { Repair, Repairs, Target } from '../explorer/index.js';
import type { Answer } from './command.js';
import { count, counted, nanoseconds } from './format.js';
import type { Output } from './output.js';
import { columns, table } from './table.js';
import { trackersName } from './trackers.js';

export function repairs(target: Target, found: Repairs, interrupted: boolean): Answer {
  return {
    json: () => ({
      scenario: target.scenario,
      strategy: target.strategy,
      arch: target.arch,
      variant: target.variant,
      verdict: found.verdict,
      states: found.states,
      tried: found.tried,
      repairs: found.repairs.map(facts),
      undecided: found.undecided.map(facts),
    }),
    print: (out) => print(out, target, found),
    exitCode: interrupted ? 130 : found.repairs.length === 0 ? 1 : 0,
  };
}

function facts({ kind, where, text, costNs, verdict, states }: Repair) {
  return { kind, where, text, costNs, verdict, states };
}

function print(out: Output, target: Target, { verdict, tried, repairs: safe, undecided }: Repairs): void {
  const { style } = out;
  const { scenario, variant, arch } = target;
  const name = `${scenario ?? trackersName(target)}${variant === null ? '' : ` (${variant})`} on ${arch}`;
  out.line(
    `${style.bold(name)}: ${style.red(verdict)}, and ${counted(safe.length, 'single change')} that would mend it`,
  );
  const total = Object.values(tried).reduce((sum, of) => sum + of, 0);
  out.line(
    `  tried ${count(total)}: ${Object.entries(tried)
      .map(([kind, of]) => `${of} ${kind}`)
      .join(', ')}`,
  );
  if (safe.length > 0) {
    out.line();
    out.line(table(columns('cost>', 'change', 'states>'), safe.map(row), style, 2));
  }
  if (undecided.length === 0) return;
  out.line();
  out.line(style.yellow(`not seen to the end, so perhaps (${undecided.length}):`));
  out.line(table(columns('cost>', 'change', 'states>'), undecided.map(row), style, 2));
}

function row({ costNs, text, states }: Repair): [string, string, string] {
  return [nanoseconds(costNs), text, count(states)];
}
