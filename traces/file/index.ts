/** The trail file: one SQLite database, written once and read by many. Start at `writer.ts`; the bytes are in `docs/format.md`. */
export type { Topic } from './page-index/aspects.js';
export type { ChunkInfo } from './chunk-rows.js';
export { TrailReader } from './reader.js';
export { APPLICATION_ID, FORMAT_VERSION } from './schema.js';
export { type HostRows, TrailWriter } from './writer.js';
