/** The one list of commands, in the order in which help shows them. To add one: write its file, add its line here. */
import type { CommandDefinition } from '../command.js';
import { check } from './check.js';
import { compare } from './compare.js';
import { cost } from './cost.js';
import { debug } from './debug.js';
import { diff } from './diff.js';
import { explore } from './explore.js';
import { info } from './info.js';
import { last } from './last.js';
import { list } from './list.js';
import { query } from './query.js';
import { record } from './record.js';
import { replay } from './replay.js';
import { shrink } from './shrink.js';
import { state } from './state.js';
import { why } from './why.js';
import { stats } from './stats.js';

export const COMMANDS: readonly CommandDefinition[] = [
  record,
  replay,
  info,
  state,
  last,
  stats,
  debug,
  query,
  check,
  why,
  cost,
  compare,
  diff,
  explore,
  shrink,
  list,
];
