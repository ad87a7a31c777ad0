/** The one list of commands of a session, in the order in which help shows them. To add one: write it, add its line here. */
import type { DebugCommand } from '../command.js';
import { findings, last, why } from './asking.js';
import { fullScreen, helpFor, quit } from './ending.js';
import { list, marks, page, pte, stale, tlb, where } from './looking.js';
import { runBack, runOn, runTo, stepBack, stepForward } from './moving.js';
import { bookmark, bookmarks, goTo, unbookmark } from './places.js';
import { info, remove, setBreak, setWatch } from './stopping.js';

export const DEBUG_COMMANDS: readonly DebugCommand[] = [
  stepForward,
  stepBack,
  runOn,
  runBack,
  runTo,
  setBreak,
  setWatch,
  remove,
  info,
  where,
  list,
  page,
  pte,
  tlb,
  marks,
  stale,
  last,
  why,
  findings,
  bookmark,
  bookmarks,
  unbookmark,
  goTo,
  helpFor(() => DEBUG_COMMANDS),
  fullScreen,
  quit,
];
