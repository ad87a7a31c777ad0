/**
 * Compression of the blocks of a chunk, on libuv's threads. Measured on one core (bytes and million events a second):
 *
 *                          real log (`sort`)     zipf
 *   deflate, level 1         0.373 at  99       3.92 at 13
 *   Brotli, quality 1        0.358 at 136       3.90 at 53
 *   Brotli, quality 5        0.223 at  34       3.80 at 14
 *
 * Quality 5 pays where data repeat themselves and is four times the work for nothing where they do not, so a sample of a
 * large block decides. What it decides depends on the data alone: equal recordings stay equal.
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

/** Smaller tables stay as they are. Measured: hundreds of them are read for one state, each in less time than it takes to begin to expand it. */
const COMPRESS_TABLE_FROM_BYTES = 1024;

export interface Block {
  readonly codec: number;
  /** Bytes before compression. */
  readonly rawBytes: number;
  readonly data: Uint8Array;
}

const compressAsync = promisify(brotliCompress);

const FAST = 1;
const THOROUGH = 5;
/** Measured with tables of zipf over 65,536 pages: 1.3 % less than quality 5 for 1.2 times the work, in 2 MB of memory; 7 takes 8 MB. */
const PATIENT = 6;

/** Blocks from this size on are sampled; smaller ones are compressed thoroughly. */
const SAMPLED_FROM_BYTES = 64 * 1024;
const SAMPLE_BYTES = 16 * 1024;
/** A sample that stays this long does not repeat itself. Real logs come to 0.2, zipf to 0.9. */
const NOISY_RATIO = 0.6;

function brotliOptions(bytes: number, quality: number) {
  return {
    chunkSize: 64 * 1024,
    params: {
      [constants.BROTLI_PARAM_QUALITY]: quality,
      [constants.BROTLI_PARAM_LGWIN]: 18,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes,
    },
  };
}

/** A piece from the middle, where the largest column lies; null for a block that needs no sample. */
function sampleOf(raw: Uint8Array): Uint8Array | null {
  const start = (raw.length - SAMPLE_BYTES) >> 1;
  return raw.length < SAMPLED_FROM_BYTES ? null : raw.subarray(start, start + SAMPLE_BYTES);
}

function qualityBy(compressedSample: Uint8Array): number {
  return compressedSample.length > SAMPLE_BYTES * NOISY_RATIO ? FAST : THOROUGH;
}

/** Compresses on another thread. The caller leaves `raw` alone until the promise settles. */
export async function compressBlock(raw: Uint8Array): Promise<Block> {
  if (raw.length < COMPRESS_FROM_BYTES) return keep(raw);
  const sample = sampleOf(raw);
  const quality =
    sample === null ? THOROUGH : qualityBy(await compressAsync(sample, brotliOptions(SAMPLE_BYTES, FAST)));
  return smaller(raw, await compressAsync(raw, brotliOptions(raw.length, quality)));
}

/** The same with more patience: for tables, which are few. */
export async function compressTable(raw: Uint8Array): Promise<Block> {
  return raw.length < COMPRESS_TABLE_FROM_BYTES
    ? keep(raw)
    : smaller(raw, await compressAsync(raw, brotliOptions(raw.length, PATIENT)));
}

/** The same bytes as `compressBlock`, at once. */
export function compressBlockSync(raw: Uint8Array): Block {
  if (raw.length < COMPRESS_FROM_BYTES) return keep(raw);
  const sample = sampleOf(raw);
  const quality = sample === null ? THOROUGH : qualityBy(brotliCompressSync(sample, brotliOptions(SAMPLE_BYTES, FAST)));
  return smaller(raw, brotliCompressSync(raw, brotliOptions(raw.length, quality)));
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
