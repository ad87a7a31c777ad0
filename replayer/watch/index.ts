/** Breakpoints and watchpoints: what to stop at (`stop.ts`), and finding it in either direction (`search.ts`). */
export { COMMON_FIELDS } from './event-watcher.js';
export { found, Search, type Hit, type Searching } from './search.js';
export * from './stop.js';
