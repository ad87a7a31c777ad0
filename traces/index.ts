/**
 * traces: what a trail says and how it is stored: the vocabulary of events, entry layouts, the codec, the file, and the
 * registry of SQL views. Start at `events/index.ts`, then `batch.ts`, then `file/`. May import: base; @msgpack/msgpack, better-sqlite3.
 */
export * from './batch.js';
export * from './chunks/index.js';
export * from './codec/index.js';
export * from './events/index.js';
export * from './file/index.js';
export * from './layouts/index.js';
export * from './meta.js';
export * from './page-rows.js';
export * from './send-snapshot.js';
export * from './snapshot.js';
export * from './snapshot-builder.js';
export * from './views/index.js';
export * from './vocabulary.js';
