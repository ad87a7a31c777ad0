/** Locks of the kernel and of drivers: who holds which. A page-table lock covers a table; others cover a page, or everything. */
import { invariant } from '../../base/index.js';
import { LOCK_KINDS } from '../../traces/index.js';

export class Locks {
  /** Holder by what is locked, for each kind of lock. */
  readonly #holders = LOCK_KINDS.map(() => new Map<number, number>());

  /** @param what page number of the locked page or of the table's first page; -1 for a lock that belongs to no page */
  free(kind: number, what: number): boolean {
    return !this.#holders[kind]!.has(what);
  }

  take(kind: number, what: number, actor: number): void {
    invariant(this.free(kind, what), `actor ${actor} takes a ${LOCK_KINDS[kind]} lock that another holds`);
    this.#holders[kind]!.set(what, actor);
  }

  release(kind: number, what: number, actor: number): void {
    invariant(
      this.#holders[kind]!.get(what) === actor,
      `actor ${actor} releases a ${LOCK_KINDS[kind]} lock that it does not hold`,
    );
    this.#holders[kind]!.delete(what);
  }
}
