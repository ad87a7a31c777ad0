/** Errors as a user reads them: what happened, why, how to mend it. No stack trace without --debug. */
import type { Command, CommanderError } from 'commander';
import { InvariantError, nearest, PagetrailError, UsageError } from '../base/index.js';
import type { ExitCode } from './command.js';
import type { Style } from './style.js';

/** The lines that tell of an error. */
export function errorText(error: unknown, style: Style, debug: boolean): string {
  const lines =
    error instanceof PagetrailError
      ? [
          `${style.red('pagetrail:')} ${style.bold(error.what)}`,
          ...(error.why === undefined ? [] : [`  why:  ${error.why}`]),
          ...(error.mend === undefined ? [] : [`  mend: ${error.mend}`]),
        ]
      : [
          `${style.red('pagetrail:')} ${style.bold(error instanceof Error ? error.message : String(error))}`,
          '  why:  this is a bug in pagetrail',
          '  mend: please report it with the command that shows it, and what --debug prints',
        ];
  if (debug && error instanceof Error) lines.push(...causes(error));
  return lines.join('\n');
}

function causes(error: Error): string[] {
  const stack = (error.stack ?? '').split('\n');
  return error.cause instanceof Error ? [...stack, 'caused by:', ...causes(error.cause)] : stack;
}

export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof PagetrailError ? (error.exitCode as ExitCode) : 70;
}

/** What commander complains about, in our words. */
export function usageErrorOf(error: CommanderError, command: Command): PagetrailError {
  const help = `see \`pagetrail ${command.parent === null ? '' : `${command.name()} `}--help\``;
  const quoted = /'([^']*)'/.exec(error.message)?.[1] ?? '';
  switch (error.code) {
    case 'commander.unknownCommand':
      return unknownCommand(quoted, command);
    case 'commander.unknownOption': {
      const where = command.parent === null ? '' : ` of ${command.name()}`;
      return unknown(`${quoted} is not an option${where}`, quoted, flagsOf(command), help);
    }
    case 'commander.missingArgument':
      return new UsageError({ what: `${command.name()} needs ${articled(quoted)}`, mend: usageOf(command) });
    case 'commander.excessArguments':
      return new UsageError({
        what: `${command.name()} was given too many arguments`,
        why: error.message
          .replace(/^error: [^.]*\. /, '')
          .replace(/^E/, 'e')
          .replace(/\.$/, ''),
        mend: `${usageOf(command)}; an argument with spaces, such as a query, goes in quotes`,
      });
    case 'commander.optionMissingArgument':
      return new UsageError({ what: `${quoted} needs a value`, mend: help });
    case 'commander.missingMandatoryOptionValue':
      return new UsageError({ what: `${command.name()} needs ${quoted}`, mend: help });
    case 'commander.conflictingOption':
      return new UsageError({ what: error.message.replace(/^error: /, ''), mend: help });
    default:
      return new InvariantError({ what: error.message, why: `commander said ${error.code}` });
  }
}

function unknown(what: string, typed: string, known: readonly string[], mend: string): UsageError {
  const guess = nearest(typed, known);
  return new UsageError({ what, ...(guess !== null && { why: `did you mean '${guess}'?` }), mend });
}

export function unknownCommand(name: string, program: Command): UsageError {
  const known = program.commands.map((command) => command.name());
  return unknown(`command '${name}' is not known`, name, known, 'see `pagetrail --help`');
}

function flagsOf(command: Command): string[] {
  const own = [...command.options, ...(command.parent?.options ?? [])];
  return ['--help', ...own.flatMap(({ long, short }) => [long, short]).filter((flag) => typeof flag === 'string')];
}

function articled(argument: string): string {
  return `${/^[aeiou]/i.test(argument) ? 'an' : 'a'} ${argument}`;
}

function usageOf(command: Command): string {
  return `write \`pagetrail ${command.name()} ${command.usage()}\``;
}
