/** A command line for tests: the program in this process, with streams that remember. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { ExitCode } from './command.js';
import type { Io, OutputStream } from './io.js';
import { run } from './run.js';

export interface Ran {
  readonly code: ExitCode;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  readonly env?: Record<string, string>;
  /** Makes both streams terminals. */
  readonly terminal?: boolean;
  /** What a write to stdout fails with. */
  readonly stdoutError?: Error;
  /** Milliseconds by which the clock advances with every look. */
  readonly tickMs?: number;
  /** What stands on standard input. */
  readonly stdin?: string;
  /** Ctrl-C after so many ms; 0: before the command begins. */
  readonly interruptAfterMs?: number;
}

/** Runs `pagetrail` with these arguments. */
export async function pagetrail(argv: readonly string[], surroundings: Surroundings = {}): Promise<Ran> {
  const texts = { stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr', error?: Error): OutputStream => ({
    isTTY: surroundings.terminal === true,
    columns: 100,
    write(text, done) {
      if (error === undefined) texts[name] += text;
      done(error);
    },
  });
  let nowMs = 0;
  const io: Io = {
    stdin: () => Readable.from([surroundings.stdin ?? '']),
    stdout: stream('stdout', surroundings.stdoutError),
    stderr: stream('stderr'),
    env: surroundings.env ?? {},
    now: () => (nowMs += surroundings.tickMs ?? 1),
    onInterrupt(stop) {
      if (surroundings.interruptAfterMs === 0) stop();
      else if (surroundings.interruptAfterMs !== undefined) setTimeout(stop, surroundings.interruptAfterMs);
      return () => {};
    },
  };
  const code = await run(argv, io);
  return { code, ...texts };
}

/** A folder for the files of a test; `remove` takes it away. */
export function scratchFolder(): { readonly path: (name: string) => string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'pagetrail-'));
  return { path: (name) => `${folder}/${name}`, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
