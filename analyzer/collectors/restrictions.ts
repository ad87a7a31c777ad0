/** The last event that took something (P, W or D) from the entry of each page, and who did it. Its facts are nothing; it is there to be read. */
import { seqOf } from '../../replayer/index.js';
import { NumberColumn } from '../columns.js';
import type { CollectorDefinition } from '../pass.js';
import { CAUSE, entryChanges } from './entry-changes.js';

export interface Restrictions {
  /** By page: the event; 0 where there was none. */
  readonly seq: NumberColumn;
  /** By page: whose event it was, as an index into the actors. */
  readonly actor: NumberColumn;
  /** By page, 1: the monitor took the entry out of its shadow, or put it in. The guest's entry, which it stands for, decides alone. */
  readonly byMonitor: NumberColumn;
}

export const restrictions: CollectorDefinition<null, Restrictions> = {
  id: 'restrictions',
  create({ meta }, peers) {
    const change = peers.of(entryChanges);
    const [seq, actor, byMonitor] = [new NumberColumn(), new NumberColumn(), new NumberColumn()];
    const hasMonitor = meta.spaces.some(({ kind }) => kind === 'second-stage');
    return {
      on: {
        pte(batch, row, _fold, page) {
          if (page < 0) return;
          const isMonitor = change.cause === CAUSE.monitor;
          if (hasMonitor) byMonitor.set(page, isMonitor ? 1 : 0);
          if (isMonitor || change.restricted === 0) return;
          seq.set(page, seqOf(batch, row));
          actor.set(page, batch.actor[row]!);
        },
      },
      finish: () => null,
      live: { seq, actor, byMonitor },
    };
  },
};
