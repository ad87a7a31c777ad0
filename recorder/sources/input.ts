/**
 * Opens what a log is read from: a file, a pipe, or standard input (`-`), plain or gzip (told by its magic bytes, not by its
 * name). Files are read synchronously, which is fastest; a pipe is left to the event loop, so that timers and signals get
 * their turn while it is silent.
 */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { Socket } from 'node:net';
import { isatty } from 'node:tty';
import { InputError, UsageError } from '../../base/index.js';
import type { ByteReader } from './byte-reader.js';
import { GunzipReader } from './gunzip-reader.js';

/** Bytes taken from a pipe at once: all that a Linux pipe holds by default. */
const PIPE_BLOCK_BYTES = 65_536;
/**
 * After a read smaller than this a pipe is left alone for a millisecond. A live program writes line by line, and reading each
 * of its lines by itself costs ten times the processor time and slows the writer down.
 */
const PIPE_SMALL_BYTES = 16_384;
const PIPE_NAP_MS = 1;

/** What to call the input in a message. */
export function inputLabel(path: string): string {
  return path === '-' ? 'standard input' : path;
}

/**
 * Opens a path, or standard input for `-`.
 * @throws InputError when it cannot be opened or read; UsageError when standard input is a terminal
 */
export async function openInput(path: string): Promise<ByteReader> {
  const raw = openRaw(path);
  const magic = new Uint8Array(2);
  let length = 0;
  while (length < 2) {
    const count = await raw.read(magic.subarray(length));
    if (count === 0) break;
    length += count;
  }
  if (length === 0 && raw.failure !== null) throw raw.failure;
  const whole = new PrefixedReader(magic.subarray(0, length), raw);
  return magic[0] === 0x1f && magic[1] === 0x8b ? new GunzipReader(whole, inputLabel(path)) : whole;
}

function openRaw(path: string): ByteReader {
  let fd = 0;
  let stats: Stats;
  try {
    // O_NONBLOCK: opening a named pipe does not wait for its writer here; the event loop does.
    if (path !== '-') fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    stats = fstatSync(fd);
  } catch (error) {
    throw openError(path, error);
  }
  if (stats.isDirectory()) {
    if (fd !== 0) closeSync(fd);
    throw openError(path, { code: 'EISDIR' });
  }
  if (stats.isFIFO() || stats.isSocket()) return new PipeReader(fd, inputLabel(path));
  if (path === '-' && isatty(0)) {
    throw new UsageError({
      what: 'nothing to read: standard input is a terminal',
      why: '`-` reads a log from standard input',
      mend: 'pipe a log into it, or name a file',
    });
  }
  return new FileReader(fd, inputLabel(path), stats.isFile() ? stats.size : null);
}

const OPEN_REASONS: Readonly<Record<string, readonly [why: string, mend: string]>> = {
  ENOENT: ['there is no such file', 'check the path; relative ones start at the current folder'],
  ENOTDIR: ['a part of the path is a file, not a folder', 'check the path'],
  EISDIR: ['it is a folder', 'name a file in it'],
  EACCES: ['permission denied', 'make it readable for you, or pipe it in with `--import -`'],
  EPERM: ['permission denied', 'make it readable for you, or pipe it in with `--import -`'],
  EMFILE: ['too many files are open', 'raise the limit with `ulimit -n`'],
};

function openError(path: string, error: unknown): InputError {
  const { code, message } = error as { code?: string; message?: string };
  const [why, mend] = OPEN_REASONS[code ?? ''] ?? [message ?? String(error), undefined];
  return new InputError({ what: `cannot read ${inputLabel(path)}`, why, ...(mend !== undefined && { mend }) });
}

function readError(label: string, offset: number, error: unknown): InputError {
  return new InputError({
    what: `reading ${label} failed at byte ${offset}`,
    why: (error as Error).message,
    mend: 'what came before was used; repair the file or the disk and record again',
  });
}

/** A regular file (or a character device, whose length is unknown). */
class FileReader implements ByteReader {
  failure: InputError | null = null;
  #offset = 0;
  #closed = false;

  constructor(
    private readonly fd: number,
    private readonly label: string,
    private readonly sizeBytes: number | null,
  ) {}

  read(target: Uint8Array): number {
    if (this.#closed || this.failure !== null) return 0;
    try {
      const count = readSync(this.fd, target, 0, target.length, null);
      this.#offset += count;
      return count;
    } catch (error) {
      this.failure = readError(this.label, this.#offset, error);
      return 0;
    }
  }

  get progress(): number | null {
    if (this.sizeBytes === null) return null;
    return this.sizeBytes === 0 ? 1 : Math.min(1, this.#offset / this.sizeBytes);
  }

  close(): void {
    if (!this.#closed && this.fd !== 0) closeSync(this.fd);
    this.#closed = true;
  }
}

/**
 * A pipe. One block is read ahead; the pipe is paused until the block is taken, which is all the back-pressure needed. Not
 * fs.read: that blocks a thread, and the process cannot exit before the pipe's next byte.
 */
class PipeReader implements ByteReader {
  failure: InputError | null = null;
  readonly progress = null;
  readonly #socket: Socket;
  readonly #block = new Uint8Array(PIPE_BLOCK_BYTES);
  #start = 0;
  #end = 0;
  #ended = false;
  #total = 0;
  #wake: (() => void) | null = null;
  #nap: NodeJS.Timeout | null = null;
  #paused = true;

  constructor(fd: number, label: string) {
    const onread = { buffer: this.#block, callback: (count: number) => this.#arrived(count) };
    // `onread` is an option of the constructor too, though the typings know it only for connect().
    this.#socket = new Socket({ fd, readable: true, writable: false, onread } as ConstructorParameters<
      typeof Socket
    >[0]);
    this.#socket.pause();
    this.#socket.on('error', (error) => {
      this.failure ??= readError(label, this.#total, error);
    });
    const ended = () => {
      this.#ended = true;
      this.#wakeUp();
    };
    this.#socket.on('end', ended).on('close', ended);
  }

  read(target: Uint8Array): number | Promise<number> {
    if (this.#start < this.#end) {
      const count = Math.min(target.length, this.#end - this.#start);
      target.set(this.#block.subarray(this.#start, this.#start + count));
      this.#start += count;
      return count;
    }
    if (this.#ended) return 0;
    return new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (this.#paused && this.#nap === null) this.#resume();
    }).then(() => this.read(target));
  }

  close(): void {
    if (this.#nap !== null) clearTimeout(this.#nap);
    this.#socket.destroy();
  }

  #resume(): void {
    this.#paused = false;
    this.#socket.resume();
  }

  #arrived(count: number): boolean {
    this.#start = 0;
    this.#end = count;
    this.#total += count;
    this.#paused = true;
    if (count < PIPE_SMALL_BYTES) {
      this.#nap = setTimeout(() => {
        this.#nap = null;
        if (this.#wake !== null) this.#resume();
      }, PIPE_NAP_MS);
    }
    this.#wakeUp();
    return false;
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = null;
  }
}

/** Gives back bytes that were read to look at them, then goes on. */
class PrefixedReader implements ByteReader {
  #prefix: Uint8Array;

  constructor(
    prefix: Uint8Array,
    private readonly rest: ByteReader,
  ) {
    this.#prefix = prefix;
  }

  read(target: Uint8Array): number | Promise<number> {
    if (this.#prefix.length === 0) return this.rest.read(target);
    const count = Math.min(target.length, this.#prefix.length);
    target.set(this.#prefix.subarray(0, count));
    this.#prefix = this.#prefix.subarray(count);
    return count;
  }

  get failure(): InputError | null {
    return this.rest.failure;
  }

  get progress(): number | null {
    return this.rest.progress;
  }

  close(): void {
    this.rest.close();
  }
}
