/** The history of one thing: its last change, or all. Start at `history.ts`. */
export { History } from './history.js';
export type { CarrierSubject, Change, PageSubject, PteSubject, Subject, TlbSubject } from './subject.js';
