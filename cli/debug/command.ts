/**
 * What a command of a session is: an entry of the list in `commands/index.ts`. Help, abbreviations, suggestions, completion and the table in
 * docs/debugging.md follow from it.
 */
import { nearest, UsageError } from '../../base/index.js';
import type { Output } from '../output.js';
import type { Pause, Session } from './session.js';

export type CommandGroup = 'Moving' | 'Stopping' | 'Looking' | 'Places' | 'Session';
export const COMMAND_GROUPS: readonly CommandGroup[] = ['Moving', 'Stopping', 'Looking', 'Places', 'Session'];

/** One call of a command. */
export interface Call {
  readonly session: Session;
  /** The words after the command. */
  readonly words: readonly string[];
  /** The text after the command, as typed. */
  readonly rest: string;
  readonly out: Output;
  /** Looks whether the user wants to stop, and shows how far a search is. */
  readonly pause: Pause;
  readonly shell: Shell;
}

/** The user's wish to stop what is under way, looked for while it is; and how far it is, shown. */
export interface Interruption {
  wanted: boolean;
  /** Before and after each command. */
  begin(): void;
  end(): void;
  pause(seq: number): Promise<boolean>;
}

/** What a command may ask of whoever runs the session. */
export interface Shell {
  /** Ends the session after this command. */
  quit(): void;
  /** Goes to full screen after this command. Throws a `UsageError` where there is no terminal. */
  fullScreen(): void;
}

export interface DebugCommand {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly group: CommandGroup;
  /** `step [N]` */
  readonly usage: string;
  /** One line. */
  readonly summary: string;
  /** What there is to say besides. */
  readonly about?: string;
  readonly examples: readonly string[];
  /** An empty line does it again. */
  readonly repeats?: boolean;
  /** What the word after these may be. */
  complete?(session: Session, words: readonly string[], word: string): readonly string[];
  run(call: Call): void | Promise<void>;
}

/** The command that a word means: a name, an alias, or the beginning of one name only. Throws a `UsageError` with a suggestion. */
export function resolve(word: string, commands: readonly DebugCommand[]): DebugCommand {
  const exact = commands.find(({ name, aliases }) => name === word || aliases.includes(word));
  if (exact !== undefined) return exact;
  const beginning = commands.filter(({ name }) => name.startsWith(word));
  if (beginning.length === 1) return beginning[0]!;
  if (beginning.length > 1) {
    throw new UsageError({
      what: `'${word}' may be ${beginning.map(({ name }) => name).join(', ')}`,
      mend: 'write a letter more',
    });
  }
  const guess = nearest(
    word,
    commands.flatMap(({ name, aliases }) => [name, ...aliases.filter((alias) => alias.length > 2)]),
  );
  throw new UsageError({
    what: `'${word}' is not a command`,
    ...(guess !== null && { why: `did you mean '${guess}'?` }),
    mend: '`help` lists the commands',
  });
}
