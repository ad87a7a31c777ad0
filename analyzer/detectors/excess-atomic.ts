/** Atomic updates of entries that nobody could have changed in between: an ordinary store would have done. Advice, and only as good as the model. */
import { updateKinds } from '../collectors/update-kinds.js';
import { counted, percent } from '../finding.js';
import type { Detector } from './define.js';
import { excessConclusion } from './excess.js';

const ID = 'excess-atomic';

export const excessAtomic: Detector = {
  id: ID,
  summary: 'atomic updates of entries in which the hardware could change no bit',
  counts: 'updates',
  collectors: [updateKinds],
  needs: ['pte'],
  isExcess: true,
  conclude({ results }) {
    const { atomic, idle, examples } = results.facts(updateKinds);
    return excessConclusion({
      id: ID,
      count: idle,
      examples,
      role: () => 'an atomic update of an entry that already had what the walker could set',
      words: {
        summary: `${idle} of ${counted(atomic, 'atomic update')} of entries (${percent(idle, atomic)}) were of entries in which no bit was volatile`,
        rootCause: 'A and D were set already, or the entry was not writable, so the walker had nothing to write',
        fix: 'a plain store under the page-table lock is enough for such entries; it is worth the branch only where locked updates are dear, and never where one is not sure',
      },
    });
  },
};
