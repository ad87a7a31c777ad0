/** How `explore` answers: the verdict and what it rests on, the counterexample as a trail, and for people as a picture of their choice. */
import {
  type Exploration,
  litmusOf,
  mermaidOf,
  type RuleId,
  runText,
  specOf,
  type Target,
  type TextRole,
  verdictText,
  writeTrail,
} from '../explorer/index.js';
import type { Answer, Context } from './command.js';
import { count, counted, rate, ratio, seconds, wrapped } from './format.js';
import type { Output } from './output.js';
import type { Style } from './style.js';
import { trackersName } from './trackers.js';

export const FORMS = ['table', 'mermaid', 'litmus'] as const;
export type Form = (typeof FORMS)[number];

/** @param trailPath where the trail of a counterexample goes; asked only when there is one */
export async function exploration(
  context: Context,
  target: Target,
  found: Exploration,
  trailPath: () => string,
  form: Form,
): Promise<Answer> {
  const { execution, verdict, stopped } = found;
  let trail: string | null = null;
  if (execution !== null) {
    trail = trailPath();
    await writeTrail({
      path: trail,
      setting: found.setting,
      schedule: execution.schedule,
      reduce: found.reduced,
      name: target.scenario ?? `explore-${target.strategy}`,
      parameters: { verdict, ...(target.variant !== null && { variant: target.variant }) },
      spec: specOf(target),
    });
  }
  if (stopped !== null) context.notice(STOPPED[stopped]);
  return {
    json: () => ({
      scenario: target.scenario,
      strategy: target.strategy,
      vm: target.vm,
      arch: target.arch,
      mutation: target.mutations.length === 0 ? null : target.mutations.join('+'),
      variant: target.variant,
      expects: target.expects,
      verdict,
      exhaustive: found.exhaustive,
      states: found.states,
      transitions: found.transitions,
      depth: found.depth,
      ends: found.ends,
      badEnds: found.badEnds,
      interleavings: found.interleavings?.toString() ?? null,
      worst: worstOf(found),
      reduced: found.reduced,
      bytes: found.bytes,
      seconds: Number(found.seconds.toFixed(3)),
      statesPerSecond: found.statesPerSecond,
      assumes: found.assumes,
      broken: found.broken,
      counterexample:
        execution === null ? null : { steps: execution.steps.length, preemptions: execution.preemptions, trail },
    }),
    print(out) {
      if (form === 'litmus')
        out.text(
          litmusOf(target, execution?.schedule ?? null, found.reduced, verdict === 'bounded' ? 'safe' : verdict),
        );
      else if (form === 'mermaid' && execution !== null) out.text(mermaidOf(execution, ruleOf(found)));
      else print(out, target, found, trail);
    },
    exitCode: stopped === 'interrupted' ? 130 : verdict === 'safe' ? 0 : 1,
  };
}

const STOPPED = {
  states: 'stopped at the number of states that was allowed: what was not seen may be unsafe',
  seconds: 'stopped at the time that was allowed: what was not seen may be unsafe',
  memory: 'stopped at the memory that was allowed: what was not seen may be unsafe',
  interrupted: 'interrupted: what was not seen may be unsafe',
} as const;

function print(out: Output, target: Target, found: Exploration, trail: string | null): void {
  const { style } = out;
  const { verdict, execution } = found;
  const defects = target.scenario === null ? target.mutations : [];
  const name = [
    target.scenario ?? trackersName(target),
    ...(target.variant === null ? [] : [`(${target.variant})`]),
    ...(defects.length === 0 ? [] : [`with ${defects.join(', ')}`]),
    `on ${target.arch}`,
  ].join(' ');
  const paint = verdict === 'safe' ? style.green : verdict === 'bounded' ? style.yellow : style.red;
  out.line(`${style.bold(name)}: ${paint(verdict)}`);
  out.line(wrapped(target.summary, out.columns, '  '));
  out.line(wrapped(verdictText(verdict), out.columns, '  '));
  const all = found.exhaustive ? 'all there are' : found.stopped === null ? 'of this one way' : 'not all there are';
  out.line(
    `  states         ${count(found.states)} (${all}${found.reduced ? ', reduced' : ''}), ${counted(found.transitions, 'transition')}, at most ${counted(found.depth, 'step')} deep`,
  );
  const bad = found.badEnds === 0 ? '' : `, in ${count(found.badEnds)} of them a write is lost`;
  out.line(`  ends           ${count(found.ends)}${bad}`);
  if (found.interleavings !== null) out.line(`  interleavings  ${bigCount(found.interleavings)}`);
  const worst = worstOf(found);
  if (worst !== null)
    out.line(
      `  at worst       ${counted(worst.pages, 'page')} ${worst.counts} for ${count(worst.written)} written: ${ratio(worst.ratio)}`,
    );
  for (const assumed of found.assumes) out.line(style.dim(wrapped(`assumes: ${assumed}`, out.columns, '  ')));
  const risks = found.broken.filter((id) => id !== verdict);
  if (risks.length > 0) out.line(style.dim(wrapped(`also seen: ${risks.join(', ')}`, out.columns, '  ')));
  // The last line, so that what comes before it is the same every time.
  const took = style.dim(`searched in ${seconds(found.seconds)}, ${rate(found.statesPerSecond, 'states')}`);
  if (execution === null) {
    out.line(took);
    return;
  }
  out.line();
  out.line(
    `${counted(execution.steps.length, 'step')}, ${counted(execution.preemptions, 'preemption')}; the trail is ${trail}`,
  );
  out.line();
  out.line(runText(execution, { ...ruleOf(found), width: out.columns, paint: painter(style) }));
  out.line();
  out.line(took);
}

/** The rule to speak about: that of the verdict, where there is one. */
function ruleOf({ verdict }: Exploration): { readonly rule?: RuleId } {
  return verdict === 'safe' || verdict === 'bounded' ? {} : { rule: verdict };
}

function painter(style: Style): (text: string, role: TextRole) => string {
  const paints: Readonly<Record<TextRole, (text: string) => string>> = {
    title: style.bold,
    heading: style.cyan,
    operation: (text) => text,
    changed: style.yellow,
    unchanged: style.dim,
    step: style.dim,
    broken: style.red,
  };
  return (text, role) => paints[role](text);
}

/** What is counted, at the end where it is worst; null where nothing is. */
function worstOf({ worst, setting }: Exploration) {
  if (worst === null) return null;
  const counts = setting.cost === 'transfers' ? 'transferred' : 'reported';
  return { counts, pages: worst.counted, written: worst.renewed, ratio: worst.ratio } as const;
}

/** All digits up to a million million, then the first few and how many there are. */
function bigCount(value: bigint): string {
  const digits = value.toString();
  return digits.length <= 13
    ? value.toLocaleString('en-US')
    : `${digits[0]}.${digits.slice(1, 3)}e${digits.length - 1} (${digits.length} digits; --json gives them)`;
}
