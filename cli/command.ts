/**
 * What a command is: a file beside `commands/index.ts` and a line in it. A command computes an answer; whether the answer is
 * printed for people or as JSON, and what happens to errors, is settled once, in `run.ts`.
 */
import type { Command } from 'commander';
import type { Io } from './io.js';
import type { Output } from './output.js';
import type { Progress } from './progress.js';

/** 0: fine. 1: the answer is no. 2: usage. 3: input unreadable or output unwritable. 70: our bug. 130: interrupted. */
export type ExitCode = 0 | 1 | 2 | 3 | 70 | 130;

export interface Example {
  readonly line: string;
  readonly about: string;
}

export interface Context {
  readonly io: Io;
  readonly stderr: Output;
  /** Whether the answer will be given as JSON. */
  readonly json: boolean;
  /** A bar on stderr for what takes more than a second; silent where stderr is no terminal. */
  readonly progress: Progress;
  /** Says something on stderr that is not part of the answer. */
  notice(text: string): void;
  /** Runs when the command has ended, however it ended; the last one first. */
  atEnd(cleanUp: () => void): void;
}

export interface Answer {
  /** The answer as one object. */
  json?(): unknown;
  /** The answer as one object, written piece by piece; for answers that may be large. */
  writeJson?(out: Output): void | Promise<void>;
  /** The answer for people. */
  print(out: Output): void | Promise<void>;
  readonly exitCode?: ExitCode;
}

export interface CommandDefinition<Options = Record<string, unknown>> {
  readonly name: string;
  /** The heading it stands under in `pagetrail --help`. */
  readonly group: 'Record' | 'Look' | 'Judge' | 'Help';
  /** One line for the list of commands. */
  readonly summary: string;
  /** What it does, and what the exit code says. */
  readonly about: string;
  readonly examples: readonly Example[];
  /** Declares arguments and options. */
  configure(command: Command): void;
  run(context: Context, args: readonly string[], options: Options): Promise<Answer>;
}

/** A definition whose options have a type of their own; commander hands them over untyped. */
export function defineCommand<Options>(definition: CommandDefinition<Options>): CommandDefinition {
  return definition as unknown as CommandDefinition;
}

/** Aborted when the user wants to stop, as long as the command runs. */
export function interruptOf(context: Context): AbortSignal {
  const interrupt = new AbortController();
  context.atEnd(context.io.onInterrupt(() => interrupt.abort()));
  return interrupt.signal;
}
