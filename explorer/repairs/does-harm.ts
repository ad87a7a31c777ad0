/** Whether a program does harm at all. */
import type { Setting } from '../scenario.js';
import { decides, searchFor } from '../search/breaks.js';

/** @returns false also where nothing was found in so many states */
export function doesHarm(setting: Setting, reduce: boolean, statesMax: number): boolean {
  return searchFor(setting, reduce, decides(setting), statesMax) === 'breaks';
}
