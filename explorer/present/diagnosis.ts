/** What went wrong in a run, in sentences: the write that is lost and for whom, the step that broke the rule, from where on it was certain, and why. */
import type { Execution } from '../execution.js';
import { RULES, rulesIn, type RuleId } from '../rules.js';
import { brokenAtRest } from '../search/search.js';
import { Op } from '../../simulator/index.js';
import { outdatedBeliefs } from './beliefs.js';
import type { Moments } from './moments.js';
import { pointOfNoReturn } from './point-of-no-return.js';
import { Scene } from './scene.js';
import { type Breach, SENTENCES } from './sentences.js';

export interface Diagnosis {
  readonly rule: RuleId;
  /** The step that broke the rule; null where it is broken by everything being at rest. */
  readonly step: number | null;
  readonly sentence: string;
  /** The first step after which nothing helps; 0: from the beginning; null: not known. */
  readonly certainFrom: number | null;
  /** How it came: points of no return, beliefs that were out of date, rules that were broken on the way. */
  readonly notes: readonly string[];
}

export interface DiagnosisOptions {
  /** The rule to speak about. Default: the gravest that is broken. */
  readonly rule?: RuleId;
  /** States to look at for the point of no return; 0: it is not looked for. */
  readonly noReturnStates?: number;
}

/** Beliefs that are told of. */
const BELIEFS_MAX = 3;

/** null where the run breaks no rule. */
export function diagnose(execution: Execution, { rule, noReturnStates }: DiagnosisOptions = {}): Diagnosis | null {
  const scene = new Scene(execution);
  const breaches = breachesOf(execution, scene.moments, rule);
  const main = rule === undefined ? breaches[0] : breaches.find((one) => one.rule === rule);
  if (main === undefined) return null;
  const certainFrom = noReturnStates === 0 ? null : pointOfNoReturn(execution, main.rule, main.step, noReturnStates);
  const others = breaches.filter((one) => one !== main).sort((a, b) => a.step - b.step);
  return {
    rule: main.rule,
    step: main.rest ? null : main.step,
    sentence: sentenceOf(scene, main),
    certainFrom,
    notes: [
      ...certainty(scene, main, certainFrom),
      ...beliefs(scene, main),
      ...others.map((one) => `${one.rule}: ${sentenceOf(scene, one)}`),
    ],
  };
}

/** The first breach of each rule, the gravest first. Of a run that never ends only a search can tell: `rule` says so. */
function breachesOf({ steps }: Execution, moments: Moments, rule?: RuleId): Breach[] {
  const found = new Map<RuleId, Breach>();
  const add = (id: RuleId, step: number, rest: boolean) => {
    if (!found.has(id)) found.set(id, { rule: id, step, rest });
  };
  steps.forEach(({ broken }, at) => broken.forEach((id) => add(id, at + 1, false)));
  if (moments.deadlocked) add('deadlock', steps.length, true);
  moments.after(steps.length);
  if (moments.model.atRest) for (const id of rulesIn(brokenAtRest(moments.model))) add(id, steps.length, true);
  else if (rule === 'fault-livelock') add(rule, steps.length, true);
  return RULES.flatMap(({ id }) => found.get(id) ?? []);
}

function sentenceOf(scene: Scene, { rule, step, rest }: Breach): string {
  return capital(`${SENTENCES[rule](scene, step, rest)}.`);
}

function certainty(scene: Scene, { step, rest }: Breach, from: number | null): string[] {
  if (from === null) return [];
  if (from === 0) return ['No order of the steps avoids it: this is no race.'];
  if (!rest && from >= step) return [`Until ${scene.step(step)} another order could still have avoided it.`];
  return [`Point of no return: after ${scene.step(from)} no order of the remaining steps avoids it.`];
}

function beliefs(scene: Scene, { rule, step, rest }: Breach): string[] {
  const home = rest
    ? (scene.untold(step)[0] ?? -1)
    : scene.homeOf(step, Op.discardFrame, Op.pteStore, Op.transfer, Op.commit);
  if (home < 0 || rule === 'deadlock') return [];
  return outdatedBeliefs(scene, home)
    .slice(-BELIEFS_MAX)
    .map(
      ({ seenAt, outdatedAt, usedAt }) =>
        `${scene.who(seenAt)} acts up to step ${usedAt} on what it saw at step ${seenAt} (${scene.did(seenAt)}), though ${scene.step(outdatedAt)} changed the entry.`,
    );
}

function capital(text: string): string {
  return /^[a-z]+[0-9]/.test(text) ? text : `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
