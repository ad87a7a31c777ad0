/** The codec: a batch of events to the body of a chunk and back. Start at `encode.ts`; the bytes are in `docs/format.md`. */
export type { PageQuery, SlotQuery } from './chunk-search.js';
export { ChunkUnpacker } from './decode.js';
export { CHUNK_VERSION, ChunkPacker, type PackedChunk, sealChunk, sealChunkSync } from './encode.js';
export { fieldsOf, kindsAlone, type Selection, selectionOf } from './selection.js';
export { ALL_KINDS, kindMask } from './shape.js';
export type { ChunkStats } from './stats.js';
