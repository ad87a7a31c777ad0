/** A step that may be at fault, with the changes that would show it: if the program does no harm with one of them, it is. */
import type { Change } from '../../repairs/changed.js';
import type { FaultOfStep, Setting } from '../../scenario.js';
import { STEP_NAMES } from '../../../simulator/index.js';
import { changed } from '../../repairs/changed.js';
import type { Act, Run } from '../run.js';
import type { Offence } from '../offence.js';

export interface Trial {
  /** What is done otherwise, in words. */
  readonly text: string;
  readonly apply: (setting: Setting) => Setting;
}

export interface Suspect {
  readonly who: string;
  /** Name of the step. */
  readonly step: string;
  readonly how: FaultOfStep;
  /** What it did, where it is there; else the act behind which it is missing. null: from the beginning. */
  readonly act: Act | null;
  /** What is at fault with it, as a sentence without its full stop. */
  readonly says: string;
  readonly trials: readonly Trial[];
}

export type FindSuspects = (run: Run, offence: Offence) => Suspect[];

export function stepName({ steps = [] }: Setting, step: number): string {
  return [...STEP_NAMES, ...steps][step] ?? '';
}

export function trial(text: string, change: Change): Trial {
  return { text, apply: (setting) => changed(setting, change) };
}
