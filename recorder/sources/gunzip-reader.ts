/**
 * Decompresses gzip (also several members in a row) from another reader. The compressed bytes go in by small pieces, each only
 * when the text of the one before is nearly used up, so memory stays bounded and a cut file loses nothing: the end is told to
 * zlib only after everything decoded was taken out, because zlib throws away what it holds when it meets an error.
 */
import { createGunzip, type Gunzip } from 'node:zlib';
import { InputError } from '../../base/index.js';
import type { ByteReader } from './byte-reader.js';

/** Compressed bytes given to zlib at once. gzip expands at most 1032 times, so the text of one piece stays below 34 MB. */
const PIECE_BYTES = 32_768;
/** Text bytes zlib hands over at once; each hand-over costs a turn of the event loop. */
const TEXT_BLOCK_BYTES = 262_144;

export class GunzipReader implements ByteReader {
  #failure: InputError | null = null;
  readonly #gunzip: Gunzip = createGunzip({ chunkSize: TEXT_BLOCK_BYTES });
  readonly #piece = new Uint8Array(PIECE_BYTES);
  #texts: Uint8Array[] = [];
  #ended = false;
  /** The piece being decompressed; null when none is. */
  #step: Promise<void> | null = null;
  #stepEnds: () => void = () => {};

  constructor(
    private readonly compressed: ByteReader,
    label: string,
  ) {
    const ended = () => {
      this.#ended = true;
      this.#stepEnds();
    };
    this.#gunzip
      .on('data', (text: Uint8Array) => this.#texts.push(text))
      .on('error', (error: NodeJS.ErrnoException) => {
        this.#failure ??= gunzipError(label, error);
        ended();
      })
      .on('end', ended)
      .on('close', ended);
  }

  read(target: Uint8Array): number | Promise<number> {
    if (this.#texts.length <= 1 && !this.#ended) this.#step ??= this.#nextPiece();
    const text = this.#texts[0];
    if (text !== undefined) {
      const count = Math.min(target.length, text.length);
      target.set(text.subarray(0, count));
      if (count === text.length) this.#texts.shift();
      else this.#texts[0] = text.subarray(count);
      return count;
    }
    return this.#step === null ? 0 : this.#step.then(() => this.read(target));
  }

  get failure(): InputError | null {
    return this.compressed.failure ?? this.#failure;
  }

  get progress(): number | null {
    return this.compressed.progress;
  }

  close(): void {
    this.#gunzip.destroy();
    this.compressed.close();
  }

  async #nextPiece(): Promise<void> {
    const count = await this.compressed.read(this.#piece);
    if (!this.#ended) {
      await new Promise<void>((resolve) => {
        this.#stepEnds = resolve;
        if (count === 0) this.#gunzip.end();
        else this.#gunzip.write(this.#piece.subarray(0, count), () => resolve());
      });
    }
    this.#step = null;
  }
}

function gunzipError(label: string, error: NodeJS.ErrnoException): InputError {
  if (error.code === 'Z_BUF_ERROR') {
    return new InputError({
      what: `${label} ends inside its compressed data`,
      why: 'the .gz was cut short: a copy or a recording stopped early',
      mend: 'what it still held was used; compress or copy it again for the rest',
    });
  }
  return new InputError({
    what: `decompressing ${label} failed`,
    why: error.message,
    mend: 'check it with `gzip -t`; what came before the damage was used',
  });
}
