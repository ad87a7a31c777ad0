/** Full screen in a terminal: cells, what to send when they change, and the terminal itself. Knows nothing of trails. */
export * from './cells.js';
export { paint } from './paint.js';
export { type Key, Screen, type ScreenEvents } from './screen.js';
