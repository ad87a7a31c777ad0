/** The beginning of a compressed block, for whoever looks no further. */
import { brotliDecompressSync, constants } from 'node:zlib';
import { type Block, CODEC_BROTLI } from './compress.js';
import { damaged } from './varints.js';

/**
 * The first bytes of a block, about that share of them; null where only all of it can be had. What is compressed
 * evenly, as addresses are, is expanded up to some place by so much of the data.
 */
export function expandBeginning({ codec, rawBytes, data }: Block, share: number): Uint8Array | null {
  if (codec !== CODEC_BROTLI) return null;
  const options = {
    maxOutputLength: rawBytes + 1,
    chunkSize: Math.max(64, Math.ceil(rawBytes * Math.min(1, share * 1.02)) + 1),
    // Data that ends in the middle is no error then.
    finishFlush: constants.BROTLI_OPERATION_FLUSH,
  };
  try {
    return brotliDecompressSync(data.subarray(0, Math.ceil(data.length * share)), options);
  } catch {
    return damaged('a block does not decompress');
  }
}
