/**
 * What the command line touches of the outside: two streams, the environment, the clock that paces the progress bar, and the
 * user's wish to stop. Tests hand in their own.
 */

/** As much of a writable stream as is used. */
export interface OutputStream {
  write(text: string, done: (error?: Error | null) => void): unknown;
  on?(event: 'error', listener: (error: Error) => void): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/** As much of a readable stream as is used: its text, and a terminal's keys. */
export type InputStream = NodeJS.ReadableStream & {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
};

export interface Io {
  /** Where commands of a session come from; asked for only by who reads it, because looking at it may keep the process alive. */
  stdin?(): InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  /**
   * Calls `stop` once when the user asks to stop; after that the next request ends the process at once. Returns a function
   * that gives the wish up.
   */
  onInterrupt(stop: () => void): () => void;
}

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The process's own. */
export function processIo(): Io {
  return {
    stdin: () => process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    now: () => performance.now(),
    onInterrupt(stop) {
      const release = (): void => {
        for (const signal of STOP_SIGNALS) process.off(signal, once);
      };
      const once = (): void => {
        release();
        stop();
      };
      for (const signal of STOP_SIGNALS) process.on(signal, once);
      return release;
    },
  };
}
