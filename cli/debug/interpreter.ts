/** Performs lines: finds the command, runs it, says what was wrong with it. Whoever reads the lines (terminal, script, full screen) uses this. */
import { InputError, PagetrailError, UsageError } from '../../base/index.js';
import type { Output } from '../output.js';
import { type DebugCommand, type Interruption, resolve, type Shell } from './command.js';
import { DEBUG_COMMANDS } from './commands/index.js';
import type { Session } from './session.js';

/** `misunderstood`: the line means nothing here. `failed`: it does, and the system refused. */
export type Outcome = 'done' | 'misunderstood' | 'failed';

export class Interpreter {
  readonly session: Session;
  #again = '';

  constructor(session: Session) {
    this.session = session;
  }

  /** What an empty line repeats; '' where the last command is none that repeats. */
  get again(): string {
    return this.#again;
  }

  /** Performs one line, which is not empty. Bugs of ours are thrown, what the user can mend is printed. */
  async perform(line: string, out: Output, interruption: Interruption, shell: Shell): Promise<Outcome> {
    const text = line.trim();
    if (text === '' || text.startsWith('#')) return 'done';
    const [name, ...words] = text.split(/\s+/);
    this.#again = '';
    interruption.begin();
    try {
      const command = resolve(name!, DEBUG_COMMANDS);
      await command.run({
        session: this.session,
        words,
        rest: text.slice(name!.length).trim(),
        out,
        pause: (seq) => interruption.pause(seq),
        shell,
      });
      if (command.repeats === true) this.#again = text;
      return 'done';
    } catch (error) {
      if (!(error instanceof UsageError) && !(error instanceof InputError)) throw error;
      for (const part of complaint(error, out)) out.line(part);
      return error instanceof UsageError ? 'misunderstood' : 'failed';
    } finally {
      interruption.end();
    }
  }

  /** What the last word of the line may be, and that word. */
  complete(line: string): [candidates: string[], word: string] {
    const words = line.trimStart().split(/\s+/);
    const word = words.pop() ?? '';
    const [name, ...before] = words;
    const candidates =
      name === undefined ? DEBUG_COMMANDS.map((command) => command.name) : this.#arguments(name, before, word);
    return [[...new Set(candidates)].filter((candidate) => candidate.startsWith(word)), word];
  }

  #arguments(name: string, before: readonly string[], word: string): readonly string[] {
    try {
      const command: DebugCommand = resolve(name, DEBUG_COMMANDS);
      return command.complete?.(this.session, before, word) ?? [];
    } catch (error) {
      // A command that is not known has no arguments; a trail that cannot be read is told when it is read.
      if (error instanceof PagetrailError) return [];
      throw error;
    }
  }
}

function complaint({ what, why, mend }: PagetrailError, { style }: Output): string[] {
  return [
    `${style.red('error:')} ${what}`,
    ...(why === undefined ? [] : [`  why:  ${why}`]),
    ...(mend === undefined ? [] : [`  mend: ${mend}`]),
  ];
}
