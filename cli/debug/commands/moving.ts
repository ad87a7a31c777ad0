/** Commands that move: by events, to the next stop, to a position. */
import { UsageError } from '../../../base/index.js';
import { noMore, parseCount, parsePlace } from '../arguments.js';
import type { Call, DebugCommand } from '../command.js';
import { printLanding } from '../landing.js';
import type { Direction } from '../session.js';

function step(direction: 1 | -1, usage: string) {
  return ({ session, words, out }: Call): void => {
    noMore(words.slice(1), usage);
    const events = parseCount(words[0], 'a number of events', 1);
    printLanding(out, session.step(direction * events), session);
  };
}

function run(direction: Direction, usage: string) {
  return async ({ session, words, out, pause }: Call): Promise<void> => {
    noMore(words, usage);
    printLanding(out, await session.run(direction, pause), session);
  };
}

export const stepForward: DebugCommand = {
  name: 'step',
  aliases: ['s', 'n', 'next'],
  group: 'Moving',
  usage: 'step [N]',
  summary: 'goes on by one event, or by N',
  examples: ['step', 'step 100'],
  repeats: true,
  run: step(1, 'step [N]'),
};

export const stepBack: DebugCommand = {
  name: 'rstep',
  aliases: ['rs', 'reverse-step'],
  group: 'Moving',
  usage: 'rstep [N]',
  summary: 'goes back by one event, or by N',
  examples: ['rstep', 'rstep 100'],
  repeats: true,
  run: step(-1, 'rstep [N]'),
};

export const runOn: DebugCommand = {
  name: 'continue',
  aliases: ['c'],
  group: 'Moving',
  usage: 'continue',
  summary: 'goes on to the next breakpoint or watchpoint, or to the end',
  about: 'Ctrl-C stops a long search where it is.',
  examples: ['continue'],
  repeats: true,
  run: run('forward', 'continue'),
};

export const runBack: DebugCommand = {
  name: 'rcontinue',
  aliases: ['rc', 'reverse-continue'],
  group: 'Moving',
  usage: 'rcontinue',
  summary: 'goes back to the last breakpoint or watchpoint before, or to the start',
  about: 'Ctrl-C gives a long search up; the position stays what it was.',
  examples: ['rcontinue'],
  repeats: true,
  run: run('backward', 'rcontinue'),
};

export const runTo: DebugCommand = {
  name: 'run-to',
  aliases: ['r'],
  group: 'Moving',
  usage: 'run-to POSITION',
  summary: 'goes to SEQ, start, end, harvest:K, time:NS, 50%, +100 or -100',
  about: 'Breakpoints on the way do not stop it.',
  examples: ['run-to 1000', 'run-to harvest:2', 'run-to 50%'],
  complete: () => ['start', 'end', 'harvest:', 'time:', '25%', '50%', '75%'],
  run({ session, words, out }) {
    if (words[0] === undefined)
      throw new UsageError({ what: 'a position is missing', mend: 'for instance run-to harvest:2, or run-to 50%' });
    noMore(words.slice(1), 'run-to POSITION');
    printLanding(out, session.goTo(parsePlace(words[0], session)), session);
  },
};
