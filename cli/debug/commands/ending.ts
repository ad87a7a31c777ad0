/** Commands about the session itself: help, full screen, quitting. */
import { count, wrapped } from '../../format.js';
import { noMore } from '../arguments.js';
import { COMMAND_GROUPS, type DebugCommand, resolve } from '../command.js';
import type { Output } from '../../output.js';

/** Help needs the list that it is in, which is therefore handed in. */
export function helpFor(commands: () => readonly DebugCommand[]): DebugCommand {
  return {
    name: 'help',
    aliases: ['h', '?'],
    group: 'Session',
    usage: 'help [COMMAND]',
    summary: 'lists the commands, or tells about one',
    examples: ['help', 'help break'],
    complete: () => commands().map(({ name }) => name),
    run({ words, out }) {
      noMore(words.slice(1), 'help [COMMAND]');
      if (words[0] === undefined) listCommands(out, commands());
      else describeCommand(out, resolve(words[0], commands()));
    },
  };
}

function listCommands(out: Output, commands: readonly DebugCommand[]): void {
  for (const group of COMMAND_GROUPS) {
    out.line(out.style.bold(group));
    for (const { group: of, name, aliases, summary } of commands) {
      if (of !== group) continue;
      const short = aliases[0] === undefined ? '' : `, ${aliases[0]}`;
      out.line(`  ${`${name}${short}`.padEnd(14)} ${summary}`);
    }
  }
  out.line(
    wrapped(
      `\`help COMMAND\` tells more (there are ${count(commands.length)}). The beginning of a name will do where it is the only one. An empty line repeats the last move.`,
      out.columns,
      '',
    ).replaceAll('\n  ', '\n'),
  );
}

function describeCommand(out: Output, { usage, summary, about, aliases, examples }: DebugCommand): void {
  out.line(`${out.style.bold(usage)}${aliases.length === 0 ? '' : `   (${aliases.join(', ')})`}`);
  out.line(wrapped(summary, out.columns, '  '));
  if (about !== undefined) out.line(wrapped(about, out.columns, '  ').replaceAll('\n    ', '\n  '));
  for (const example of examples) out.line(`    ${out.style.dim(example)}`);
}

export const fullScreen: DebugCommand = {
  name: 'tui',
  aliases: ['layout'],
  group: 'Session',
  usage: 'tui',
  summary: 'full screen: pages, TLBs and events, moving with the arrow keys; q comes back',
  examples: ['tui'],
  run({ words, shell }) {
    noMore(words, 'tui');
    shell.fullScreen();
  },
};

export const quit: DebugCommand = {
  name: 'quit',
  aliases: ['q', 'exit'],
  group: 'Session',
  usage: 'quit',
  summary: 'ends the session; so does Ctrl-D',
  examples: ['quit'],
  run({ words, shell }) {
    noMore(words, 'quit');
    shell.quit();
  },
};
