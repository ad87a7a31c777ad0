/** Builds the command line from the list of commands. Everything that holds for all commands is settled here. */
import { Command, type CommanderError } from 'commander';
import type { CommandDefinition, Example } from './command.js';
import { COMMANDS } from './commands/index.js';
import { unknownCommand, usageErrorOf } from './errors.js';
import type { Output } from './output.js';
import { version } from './version.js';

/** Called with what the user asked for, once the command line has been understood. */
export type Perform = (
  definition: CommandDefinition,
  args: readonly string[],
  options: Record<string, unknown>,
) => Promise<void>;

const PURPOSE = 'Records, replays and diagnoses dirty-page tracking.';

const FIRST_STEPS: readonly Example[] = [
  {
    line: 'pagetrail record --workload zipf --strategy hw-dirty -o a.trail',
    about: 'play 20 M writes against a strategy',
  },
  {
    line: 'pagetrail record --import program.lk.gz --strategy pfn-mkwrite',
    about: 'the same with the writes of a real program',
  },
  { line: 'pagetrail check a.trail', about: 'was a write lost? why?' },
];

/** What `pagetrail` alone says: what it is for, where to begin, and how to learn more. */
export function shortHelp(out: Output): void {
  out.line(PURPOSE);
  out.line(examples(out, FIRST_STEPS));
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  out.line(`\n${out.style.bold('Commands:')}`);
  for (const { name, summary } of COMMANDS) out.line(`  ${name.padEnd(width)}  ${summary}`);
  out.line('\n`pagetrail help <command>` tells more about one of them, `pagetrail --help` about all.');
}

/** Thrown by commander after it has shown help or the version: nothing is left to do. */
export function isDone(error: unknown): boolean {
  const code = (error as Partial<CommanderError>).code ?? '';
  return ['commander.helpDisplayed', 'commander.help', 'commander.version'].includes(code);
}

export function buildProgram(out: Output, perform: Perform): Command {
  const program = new Command('pagetrail')
    .description(PURPOSE)
    .usage('<command> [arguments]')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .option('--json', 'print the answer as one JSON object')
    .option('--debug', 'show where in the code an error comes from')
    .showSuggestionAfterError(false);
  settle(program, out);
  program.addHelpText('after', () => examples(out, FIRST_STEPS));
  for (const definition of COMMANDS) {
    program.commandsGroup(`${definition.group}:`);
    const command = program.command(definition.name).summary(definition.summary).description(definition.about);
    settle(command, out);
    command.configureHelp({ ...command.configureHelp(), showGlobalOptions: true });
    definition.configure(command);
    command.addHelpText('after', () => examples(out, definition.examples));
    command.action((...given: unknown[]) => {
      const args = given
        .slice(0, -2)
        .flat()
        .filter((argument) => argument !== undefined) as string[];
      return perform(definition, args, command.optsWithGlobals());
    });
  }
  program.helpCommand(false).commandsGroup('Help:');
  const help = program.command('help').summary('print help for a command').description('Prints help for a command.');
  settle(help, out);
  help.argument('[command]', 'the command').action((name: string | undefined) => {
    const command = program.commands.find((candidate) => candidate.name() === name);
    if (name !== undefined && command === undefined) throw unknownCommand(name, program);
    (command ?? program).outputHelp();
  });
  return program;
}

/** Nothing is printed and nobody exits behind our back; headings are bold where colour is wanted. */
function settle(command: Command, out: Output): void {
  command.exitOverride((error) => {
    throw isDone(error) ? error : usageErrorOf(error, command);
  });
  command.configureOutput({
    writeOut: (text) => out.text(text),
    writeErr: () => {},
    getOutHasColors: () => out.style.enabled,
    getOutHelpWidth: () => Math.min(out.columns, 110),
  });
  command.configureHelp({ styleTitle: (title) => out.style.bold(title), subcommandTerm: (sub) => sub.name() });
}

function examples(out: Output, list: readonly Example[]): string {
  const lines = list.flatMap(({ line, about }) => [`  ${out.style.dim(`# ${about}`)}`, `  ${line}`]);
  return ['', out.style.bold('Examples:'), ...lines].join('\n');
}
