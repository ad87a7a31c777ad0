/** What is said about a run: the lost write, the step, the consumer; and from where on it was certain, by a second way of finding out. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../base/index.js';
import type { Execution } from '../execution.js';
import { BROKEN, RULES, type RuleId } from '../rules.js';
import type { Setting } from '../scenario.js';
import { brokenAtRest } from '../search/search.js';
import { strategySetting } from '../strategy-scenario.js';
import { diagnose } from './diagnosis.js';
import { pointOfNoReturn } from './point-of-no-return.js';
import { Scene } from './scene.js';
import { SENTENCES } from './sentences.js';
import { counterexample, randomRuns, settingOfScenario } from './testing.js';

const noFlush = strategySetting({
  machine: { strategy: 'pfn-mkwrite', mutations: ['no-flush'] },
  cpus: 1,
  pages: 1,
  writes: 2,
  harvests: 2,
  evictions: 0,
});

describe('diagnose', () => {
  it.each<[string, Setting, string, string]>([
    [
      'a frame that is given up',
      settingOfScenario('check-then-protect'),
      'The stores of steps 5 and 8 (cpu0) to page 0 are lost: step 18 (reclaim, discard frame) gives the frame up, and the consumer never had them.',
      'Point of no return: after step 4 (cpu0, walk: sets D) no order of the remaining steps avoids it.',
    ],
    [
      'a write after the last harvest',
      noFlush,
      'The store of step 30 (cpu0) to page 0 is lost: everything is at rest, harvest lacks it, and nothing that it reads (bitmap) says so.',
      'Point of no return: after step 26 (harvest, transfer) no order of the remaining steps avoids it.',
    ],
    [
      'what no order avoids',
      settingOfScenario('in-a-vm-broken'),
      'The stores of steps 11 and 14 (cpu0) and of steps 18 and 21 (cpu1) to page 0 are lost: everything is at rest, harvest lacks them, and nothing that it reads (pte-dirty, bitmap) says so.',
      'No order of the steps avoids it: this is no race.',
    ],
  ])('%s', async (_, setting, sentence, note) => {
    const found = diagnose(await counterexample(setting));
    expect(found?.rule).toBe('lost-write');
    expect(found?.sentence).toBe(sentence);
    expect(found?.notes[0]).toBe(note);
  });

  it('names what an actor still went by when it had changed', async () => {
    const found = diagnose(await counterexample(settingOfScenario('clear-needs-atomic-rmw')));
    expect(found?.notes).toContain(
      'harvest acts up to step 13 on what it saw at step 3 (pte load: P W), though step 6 (cpu0, walk: sets D) changed the entry.',
    );
    expect(found?.notes.find((note) => note.startsWith('clobbered-dirty'))).toBe(
      'clobbered-dirty: Step 12 (harvest, pte store P W: was P W D A) stores back what it made of its load at step 3, over the P W D A that the entry of page 0 has become since.',
    );
  });

  it('says nothing of a run that breaks nothing', async () => {
    const execution = await counterexample(settingOfScenario('check-then-protect'));
    expect(diagnose({ ...execution, steps: execution.steps.slice(0, 8) })).toBeNull();
    expect(diagnose(execution, { rule: 'deadlock' })).toBeNull();
  });

  it('has a sentence for every rule, wherever it is broken (seed 2)', () => {
    const random = new Random(2);
    for (const { name, execution } of randomRuns(2, 1)) {
      const scene = new Scene(execution);
      for (const { id } of RULES) {
        const anywhere = 1 + random.below(scene.last);
        for (const [step, rest] of [
          [anywhere, false],
          [scene.last, true],
        ] as const)
          expect(SENTENCES[id](scene, step, rest), `${name}: ${id} at ${step}`).not.toMatch(/undefined|NaN|step 0/);
      }
    }
  });
});

describe('pointOfNoReturn', () => {
  it.each<[string, Setting]>([
    ['check-then-protect', settingOfScenario('check-then-protect')],
    ['clear-needs-atomic-rmw', settingOfScenario('clear-needs-atomic-rmw')],
    ['pfn-mkwrite without its flush', noFlush],
  ])('of %s is the first step from which every way goes wrong', async (_, setting) => {
    const execution = await counterexample(setting);
    const { step } = diagnose(execution, { noReturnStates: 0 })!;
    const end = step ?? execution.steps.length;
    const found = pointOfNoReturn(execution, 'lost-write', end);
    const certain = certainty(execution, 'lost-write').slice(0, end);
    expect(found).toBe(certain.indexOf(true));
    expect(certain.slice(found!).every(Boolean)).toBe(true);
  });

  it('is not known where too much would have to be looked at', async () => {
    expect(pointOfNoReturn(await counterexample(noFlush), 'lost-write', 31, 5)).toBeNull();
  });
});

/** After each step: whether every way from there breaks the rule, by going all of them, one recursion a choice. */
function certainty({ initial, steps, prepared: { model } }: Execution, rule: RuleId): boolean[] {
  const { state } = model;
  const known = new Map<string, boolean>();
  const bad = (mask: number) => (mask & BROKEN[rule]) !== 0;
  const isCertain = (from: Int32Array): boolean => {
    const key = from.join();
    const before = known.get(key);
    if (before !== undefined) return before;
    known.set(key, true); // a circle is no end
    const after: Int32Array[] = [];
    let possible = 0;
    for (let choice = 0; choice < model.choices; choice++) {
      state.now.set(from);
      if (!model.apply(choice)) continue;
      possible++;
      if (!bad(state.broken)) after.push(state.now.slice());
    }
    state.now.set(from);
    const certain = possible === 0 ? bad(brokenAtRest(model)) : after.every(isCertain);
    known.set(key, certain);
    return certain;
  };
  return [initial, ...steps.map(({ state: one }) => one)].map(isCertain);
}
