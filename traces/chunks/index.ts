/** The chunks of a trail one after the other, for whoever goes through it from the beginning. Start at `chunks-of.ts`. */
export { type ChunkSource, chunksOf } from './chunks-of.js';
