/**
 * Errors that reach a user: what happened, why, and how to mend it. Only these classes leave a room because of bad input;
 * anything else that surfaces is our bug and says so. Each class fixes the exit code of the command that meets it.
 */

export interface ErrorText {
  /** What happened, naming the thing: "record 812 promises 128 bytes, 17 remain". */
  readonly what: string;
  /** Why it is so, as far as we know. */
  readonly why?: string;
  /** What the reader can do about it. */
  readonly mend?: string;
}

export abstract class PagetrailError extends Error {
  abstract readonly exitCode: number;
  readonly what: string;
  readonly why: string | undefined;
  readonly mend: string | undefined;

  constructor(text: ErrorText, options?: ErrorOptions) {
    super([text.what, text.why, text.mend].filter((part) => part !== undefined).join('; '), options);
    this.name = new.target.name;
    this.what = text.what;
    this.why = text.why;
    this.mend = text.mend;
  }
}

/** The command line, an option or a query asks for something that cannot be. Exit code 2. */
export class UsageError extends PagetrailError {
  readonly exitCode = 2;
}

/** Input that cannot be read, or output that cannot be written. Exit code 3. */
export class InputError extends PagetrailError {
  readonly exitCode = 3;
}

/** A trail whose bytes are not what the format promises. Exit code 3. */
export class TrailFormatError extends InputError {}

/** A trail written by another format version than this build reads. Exit code 3. */
export class TrailVersionError extends InputError {}

/** Stopped by the user before there was anything to keep. Exit code 130, as a shell gives it. */
export class InterruptedError extends PagetrailError {
  readonly exitCode = 130;
}

/** A check of our own that failed: a bug in pagetrail, whatever the input was. Exit code 70. */
export class InvariantError extends PagetrailError {
  readonly exitCode = 70;
}

/** Asserts what only a bug of ours can make false. Bad input is never asserted; it gets an `InputError`. */
export function invariant(condition: boolean, what: string): asserts condition {
  if (!condition)
    throw new InvariantError({
      what,
      why: 'this is a bug in pagetrail',
      mend: 'please report it with the command that shows it',
    });
}
