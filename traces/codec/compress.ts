/**
 * Compression of the blocks of a chunk. Brotli at quality 5 made chunks of real logs a third smaller than deflate at level 1
 * (0.185 and 0.283 byte a write on `ls`) and is still several times faster than the recorder. It runs on libuv's threads.
 */
import { promisify } from 'node:util';
import { brotliCompress, brotliCompressSync, brotliDecompressSync, constants, inflateRawSync } from 'node:zlib';
import { damaged } from './varints.js';

/** How a block is compressed. On disk. */
export const CODEC_NONE = 0;
export const CODEC_DEFLATE_RAW = 1;
export const CODEC_BROTLI = 2;

/** Blocks below this many bytes stay as they are; chosen: compression would save nothing worth a call. */
const COMPRESS_FROM_BYTES = 64;

export interface Block {
  readonly codec: number;
  /** Bytes before compression. */
  readonly rawBytes: number;
  readonly data: Uint8Array;
}

const compressAsync = promisify(brotliCompress);

function brotliOptions(bytes: number) {
  return {
    chunkSize: 64 * 1024,
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 5,
      [constants.BROTLI_PARAM_LGWIN]: 18,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes,
    },
  };
}

/** Compresses on another thread. The caller leaves `raw` alone until the promise settles. */
export async function compressBlock(raw: Uint8Array): Promise<Block> {
  if (raw.length < COMPRESS_FROM_BYTES) return keep(raw);
  return smaller(raw, await compressAsync(raw, brotliOptions(raw.length)));
}

/** The same bytes as `compressBlock`, at once. */
export function compressBlockSync(raw: Uint8Array): Block {
  if (raw.length < COMPRESS_FROM_BYTES) return keep(raw);
  return smaller(raw, brotliCompressSync(raw, brotliOptions(raw.length)));
}

function keep(raw: Uint8Array): Block {
  return { codec: CODEC_NONE, rawBytes: raw.length, data: raw };
}

function smaller(raw: Uint8Array, compressed: Uint8Array): Block {
  return compressed.length < raw.length ? { codec: CODEC_BROTLI, rawBytes: raw.length, data: compressed } : keep(raw);
}

/** The bytes of a block, at most `rawBytes` of them whatever the data says. */
export function expandBlock(block: Block): Uint8Array {
  const raw = expand(block);
  if (raw.length !== block.rawBytes) damaged(`a block holds ${raw.length} bytes and promises ${block.rawBytes}`);
  return raw;
}

function expand({ codec, rawBytes, data }: Block): Uint8Array {
  if (codec === CODEC_NONE) return data;
  // One byte more than promised, so that a block that holds more is seen and not cut.
  const options = { maxOutputLength: rawBytes + 1, chunkSize: Math.max(64, Math.min(rawBytes + 1, 1 << 20)) };
  try {
    if (codec === CODEC_BROTLI) return brotliDecompressSync(data, options);
    if (codec === CODEC_DEFLATE_RAW) return inflateRawSync(data, options);
  } catch {
    return damaged('a block does not decompress');
  }
  return damaged(`compression ${codec} does not exist`);
}
