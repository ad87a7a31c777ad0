/**
 * Random schedules of programs whose every interleaving is too much: probabilistic concurrency testing. Each actor, and each CPU's answers to flushes, gets a
 * random priority, and whoever has the highest and can go on does; at few random steps the one that is about to go on falls behind everybody else. A
 * bug that needs d ordered events shows in a run with a probability of at least 1 / (n k^(d-1)), of n actors and k steps, however many schedules there
 * are (Burckhardt, Kothari, Musuvathi, Nagarakatte, ASPLOS 2010). What is not found this way may still be there.
 */
import { Random } from '../base/index.js';
import { prepare } from './prepare.js';
import { BROKEN, RULES, type RuleId } from './rules.js';
import type { Setting } from './scenario.js';
import { decides } from './search/breaks.js';
import type { Model } from './search/model.js';
import { brokenAtRest } from './search/search.js';
import { Visited } from './search/visited.js';

export interface SampleOptions {
  readonly seed: number;
  /** Schedules that are tried. */
  readonly runs: number;
  /** Events whose order a bug may depend on: one more than priorities change in a run. Default 3. */
  readonly depth?: number;
  readonly signal?: AbortSignal;
  onProgress?(runs: number): void;
}

export interface Sample {
  /** Never `safe`: other schedules are left. */
  readonly verdict: RuleId | 'bounded';
  /** Schedules that were tried, up to the one that does harm. */
  readonly runs: number;
  readonly found: {
    readonly rule: RuleId;
    /** From 1. */
    readonly run: number;
    /** For `perform`, without steps taken together. */
    readonly schedule: readonly number[];
  } | null;
  /** States that runs ended in. */
  readonly distinctEnds: number;
  /** Runs that were broken off, since they seemed to go round in circles. */
  readonly endless: number;
  /** Steps of the first run, which those of the others are taken to be about as many as. */
  readonly steps: number;
  /** With which probability, at least, one run shows a bug of this depth. */
  readonly chance: number;
}

/** The event loop gets a turn after so many runs. */
const RUNS_PER_TURN = 64;
/** A run of so many times the steps of the first goes round in circles. */
const CIRCLES = 50;
const STEPS_MIN = 1000;
const STEPS_OF_FIRST_MAX = 100_000;

export async function sample(setting: Setting, options: SampleOptions): Promise<Sample> {
  const { seed, runs, depth = 3, signal } = options;
  const { model } = prepare(setting, false);
  const random = new Random(seed);
  const initial = model.state.now.slice();
  const harm = decides(setting);
  const ends = new Visited(model.state.words);
  const movers = moversOf(model);
  let steps = 0;
  let endless = 0;
  let found: Sample['found'] = null;
  let run = 0;
  while (run < runs && found === null && !signal?.aborted) {
    if (run % RUNS_PER_TURN === 0) {
      options.onProgress?.(run);
      await new Promise(setImmediate);
    }
    run++;
    model.state.now.set(initial);
    const changes = run === 1 ? [] : Array.from({ length: depth - 1 }, () => random.below(steps));
    const stepsMax = run === 1 ? STEPS_OF_FIRST_MAX : Math.max(STEPS_MIN, CIRCLES * steps);
    const { schedule, broken, ended } = oneRun(model, movers, random, changes, harm, stepsMax);
    if (run === 1) steps = schedule.length;
    if (!ended) endless++;
    else if (broken === 0) ends.add(model.state.now);
    else found = { rule: RULES.find((_, bit) => broken & (1 << bit))!.id, run, schedule };
  }
  const chance = 1 / (movers.length * Math.max(1, steps) ** (depth - 1));
  return { verdict: found?.rule ?? 'bounded', runs: run, found, distinctEnds: ends.count, endless, steps, chance };
}

/** Whoever acts by itself: the choices that are its own. */
type Mover = readonly number[];

/** Each actor; each CPU, which acts on flushes; and what takes entries out of TLBs. */
function moversOf(model: Model): Mover[] {
  const movers = new Map<string, number[]>();
  for (let choice = 0; choice < model.choices; choice++) {
    const what = model.describe(choice);
    const who = what.kind === 'step' ? `actor ${what.actor}` : what.kind === 'acknowledge' ? `CPU ${what.cpu}` : 'TLBs';
    const own = movers.get(who);
    if (own === undefined) movers.set(who, [choice]);
    else own.push(choice);
  }
  return [...movers.values()];
}

interface Run {
  readonly schedule: readonly number[];
  /** Rules of harm that were broken by its end. */
  readonly broken: number;
  /** Nothing was left to be done, or harm was. */
  readonly ended: boolean;
}

/** @param changes steps before which the mover that is about to go on falls behind all others */
function oneRun(
  model: Model,
  movers: readonly Mover[],
  random: Random,
  changes: readonly number[],
  harm: number,
  stepsMax: number,
): Run {
  const { state } = model;
  const order = shuffled(movers, random);
  const before = new Int32Array(state.words);
  const schedule: number[] = [];
  while (schedule.length < stepsMax) {
    for (const change of changes) {
      if (change !== schedule.length) continue;
      before.set(state.now);
      const about = order.findIndex((mover) => goOn(model, mover, random) >= 0);
      state.now.set(before);
      if (about >= 0) order.push(...order.splice(about, 1));
    }
    let choice = -1;
    for (let at = 0; at < order.length && choice < 0; at++) choice = goOn(model, order[at]!, random);
    if (choice < 0) {
      const broken = (model.atRest ? brokenAtRest(model) : BROKEN.deadlock) & harm;
      return { schedule, broken, ended: true };
    }
    schedule.push(choice);
    if (state.broken & harm) return { schedule, broken: state.broken & harm, ended: true };
  }
  return { schedule, broken: 0, ended: false };
}

/** Makes one of the choices, if any is possible; which, or -1. */
function goOn(model: Model, mover: Mover, random: Random): number {
  const first = mover.length > 1 ? random.below(mover.length) : 0;
  for (let at = 0; at < mover.length; at++) {
    const choice = mover[(first + at) % mover.length]!;
    if (model.apply(choice)) return choice;
  }
  return -1;
}

function shuffled<T>(list: readonly T[], random: Random): T[] {
  const copy = [...list];
  for (let at = copy.length - 1; at > 0; at--) {
    const other = random.below(at + 1);
    [copy[at], copy[other]] = [copy[other]!, copy[at]!];
  }
  return copy;
}
