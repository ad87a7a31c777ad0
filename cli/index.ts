/**
 * cli: the command line: commands, printing, exit codes; the only home of commander. Start at `run.ts`, then `commands/`.
 * May import every room.
 */
import { COMMANDS } from './commands/index.js';
import { buildProgram } from './program.js';
import { Output } from './output.js';

export { COMMANDS } from './commands/index.js';
export { DEBUG_COMMANDS } from './debug/commands/index.js';
export { run } from './run.js';
export { processIo, type Io } from './io.js';
export { pagetrail, type Ran, scratchFolder, type Surroundings } from './testing.js';

export interface KnownCommand {
  /** Every option, `-o` and `--output`, those that all commands share included. */
  readonly flags: readonly string[];
}

/** The commands by name with their options, for whoever checks that what a document shows exists. */
export function commandLineOf(): ReadonlyMap<string, KnownCommand> {
  const program = buildProgram(new Output({ write: () => {} }, {}), () => Promise.resolve());
  const shared = program.options.flatMap(({ long, short }) => [long, short]);
  return new Map(
    COMMANDS.map(({ name }) => {
      const own = program.commands
        .find((command) => command.name() === name)!
        .options.flatMap(({ long, short }) => [long, short]);
      return [name, { flags: ['--help', '-h', ...own, ...shared].filter((flag) => typeof flag === 'string') }];
    }),
  );
}
