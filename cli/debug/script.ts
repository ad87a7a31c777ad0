/**
 * A session without a terminal: lines from a pipe, a file or the command line, plain text out. Each line is shown before what it does, so
 * that the output reads as a transcript. A line that is not understood does not end the session; the exit code tells of it.
 */
import { createInterface } from 'node:readline';
import type { ExitCode } from '../command.js';
import type { InputStream } from '../io.js';
import { Output } from '../output.js';
import type { Interruption, Shell } from './command.js';
import type { Interpreter } from './interpreter.js';
import { UsageError } from '../../base/index.js';

/** A line of a script, and where it stands. */
export interface ScriptLine {
  readonly text: string;
  /** `line 3`, `line 3 of setup.txt`, `--command 2`. */
  readonly place: string;
  /** Whether an empty line repeats the last move: where somebody types, or a pipe stands for them. */
  readonly typed: boolean;
}

export interface Performed {
  readonly command: string;
  readonly output: readonly string[];
  readonly understood: boolean;
}

export interface Told {
  readonly exitCode: ExitCode;
  readonly performed: readonly Performed[];
  /** Whether a command ended the session. */
  readonly quit: boolean;
}

/** Performs the lines, writing a transcript to `out`; with `keep`, what each printed is kept instead. */
export async function runScript(
  lines: AsyncIterable<ScriptLine> | Iterable<ScriptLine>,
  interpreter: Interpreter,
  out: Output,
  {
    interruption,
    notice,
    keep,
  }: {
    readonly interruption: Interruption;
    readonly notice: (text: string) => void;
    readonly keep: boolean;
  },
): Promise<Told> {
  let quit = false;
  let exitCode: ExitCode = 0;
  const performed: Performed[] = [];
  const shell: Shell = {
    quit() {
      quit = true;
    },
    fullScreen() {
      throw new UsageError({
        what: 'full screen needs a terminal',
        why: 'commands come from a script or a pipe here',
        mend: 'start `pagetrail debug RUN.trail --tui` in a terminal',
      });
    },
  };
  for await (const { text, place, typed } of lines) {
    const line = text.trim() === '' && typed ? interpreter.again : text.trim();
    if (line === '') continue;
    const kept: string[] = [];
    const target = keep ? keeping(kept) : out;
    if (!keep) out.line(`> ${line}`);
    const outcome = await interpreter.perform(line, target, interruption, shell);
    await target.flush();
    if (keep)
      performed.push({
        command: line,
        output: kept.join('').split('\n').slice(0, -1),
        understood: outcome !== 'misunderstood',
      });
    if (outcome === 'misunderstood') {
      exitCode = exitCode === 0 ? 2 : exitCode;
      notice(`${place} was not understood: ${line}`);
    }
    if (outcome === 'failed') exitCode = 3;
    if (interruption.wanted) exitCode = 130;
    if (quit || interruption.wanted || out.closed) break;
  }
  return { exitCode, performed, quit };
}

function keeping(kept: string[]): Output {
  return new Output(
    {
      write(text, done) {
        kept.push(text);
        done();
      },
    },
    {},
  );
}

/** The lines of a file, or of --command options. */
export function* scriptLines(texts: readonly string[], placeOf: (index: number) => string): Generator<ScriptLine> {
  for (const [index, text] of texts.entries()) yield { text, place: placeOf(index), typed: false };
}

/** Lines as they come from a pipe. */
export async function* pipedLines(input: InputStream): AsyncGenerator<ScriptLine> {
  let number = 0;
  for await (const text of createInterface({ input, crlfDelay: Infinity })) {
    number++;
    yield { text, place: `line ${number}`, typed: true };
  }
}
