/**
 * One run of the command line: understand it, perform the command, print the answer or the error, and say how it ended. Nothing
 * here exits the process, so tests call it like any function.
 */
import { InputError } from '../base/index.js';
import type { Answer, CommandDefinition, Context, ExitCode } from './command.js';
import { errorText, exitCodeOf } from './errors.js';
import type { Io } from './io.js';
import { Output } from './output.js';
import { buildProgram, isDone, shortHelp } from './program.js';
import { Progress } from './progress.js';

/** @param argv what follows the program's name */
export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  const stdout = new Output(io.stdout, io.env);
  const stderr = new Output(io.stderr, io.env);
  let exitCode: ExitCode = 0;
  try {
    const program = buildProgram(stdout, async (definition, args, options) => {
      exitCode = await perform({ definition, args, options, io, stdout, stderr });
    });
    if (argv.length === 0) shortHelp(stdout);
    else await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!isDone(error)) {
      stdout.discard();
      exitCode = exitCodeOf(error);
      stderr.line(errorText(error, stderr.style, argv.includes('--debug')));
    }
  }
  await stdout.flush();
  await stderr.flush();
  return exitCode;
}

interface Request {
  readonly definition: CommandDefinition;
  readonly args: readonly string[];
  readonly options: Record<string, unknown>;
  readonly io: Io;
  readonly stdout: Output;
  readonly stderr: Output;
}

async function perform({ definition, args, options, io, stdout, stderr }: Request): Promise<ExitCode> {
  const cleanUps: Array<() => void> = [];
  const progress = new Progress(io);
  const context: Context = {
    io,
    stderr,
    json: options['json'] === true,
    progress,
    notice(text) {
      progress.end();
      io.stderr.write(`${stderr.style.yellow('note:')} ${text}\n`, () => {});
    },
    atEnd: (cleanUp) => cleanUps.push(cleanUp),
  };
  try {
    const answer = await definition.run(context, args, options);
    progress.end();
    await give(answer, stdout, context.json);
    await stdout.flush();
    stdout.assertWritten();
    return answer.exitCode ?? 0;
  } catch (error) {
    throw readable(error);
  } finally {
    progress.end();
    for (const cleanUp of cleanUps.reverse()) cleanUp();
  }
}

async function give(answer: Answer, stdout: Output, json: boolean): Promise<void> {
  if (!json) await answer.print(stdout);
  else if (answer.writeJson !== undefined) await answer.writeJson(stdout);
  else stdout.line(JSON.stringify(answer.json?.()));
}

/** What the system refused is not a bug of ours, wherever it surfaces. */
const SYSTEM_REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EMFILE: 'too many files are open',
  EIO: 'the disk reports an error',
  SQLITE_FULL: 'the disk is full',
  SQLITE_IOERR: 'the disk reports an error',
};

function readable(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  const reason = typeof code === 'string' ? SYSTEM_REASONS[code] : undefined;
  if (reason === undefined) return error;
  return new InputError({ what: (error as Error).message, why: reason }, { cause: error });
}
