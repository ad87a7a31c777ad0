/**
 * base: what every room may use and what knows of no room: errors, amounts, pages and addresses, quantities in words, seeded
 * randomness, suggestions.
 * Start at `errors.ts`. May import: Node.
 */
export * from './amounts.js';
export * from './errors.js';
export * from './pages.js';
export * from './quantities.js';
export * from './random.js';
export * from './suggest.js';
