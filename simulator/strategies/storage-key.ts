import { PTE_PRESENT, PTE_WRITABLE } from '../../traces/index.js';
import { clearMarks, consumeMarked, transferMarked } from '../kernel/consume.js';
import { mapOnFault, neverProtected } from '../kernel/faults.js';
import { forEachVma } from '../kernel/object.js';
import { CARRIER } from '../machine/codes.js';
import { type Micro, micro, Op } from '../micro-ops.js';
import { mutation } from '../mutations.js';
import type { StrategyDefinition } from './define.js';

const KEY = CARRIER['storage-key'];

/**
 * The change bits of s390 storage keys: look at the key of every frame, reset those that are set, transfer. Test and reset are one
 * instruction, and no translation remembers the bit, so no flush belongs to it; and it sees what devices and the kernel write.
 */
export const storageKey: StrategyDefinition = {
  id: 'storage-key',
  summary: 'reset the change bits of the storage keys, transfer; sees device and kernel writes too',
  price: 'a key operation for every page per harvest; no fault, no flush',
  vmas: ['pfnmap', 'mixedmap', 'shared-file', 'anon'],
  vmaReason: 'second-stage memory belongs to a VMM strategy',
  architectures: ['s390x-key'],
  carriers: ['storage-key', 'bitmap'],
  cannotSee: [],
  faultCosts: [],
  mutations: [
    mutation('transfer-first', 'fine'),
    mutation(
      'plain-rmw',
      'fine',
      'the key is read and then set as a whole (ISKE, SSKE) instead of tested and reset in one instruction: a store in between is forgotten',
    ),
  ],
  create({ mutations, cost }) {
    const transferFirst = mutations.has('transfer-first');
    const plainRmw = mutations.has('plain-rmw');
    const upload = cost('upload4k');
    const mappedFlags = PTE_PRESENT | PTE_WRITABLE;

    /** Moves the change bits of a VMA's frames into the bitmap. */
    function* reset(first: number, last: number): Micro {
      yield micro(Op.compareContents, 'reset change bits', first, cost('keyOperation'), last);
      for (let page = first; page >= 0; page = yield micro(Op.nextEntry, 'reset change bits', page, 0, last)) {
        if (plainRmw) {
          // What was read decides what is noted; what is stored is a key without the bit, whatever it has become.
          const wasSet = yield micro(Op.markTest, 'reset change bits', page, KEY);
          if (wasSet) yield micro(Op.markSet, 'mark page', page, CARRIER.bitmap);
          yield micro(Op.markMove, 'reset change bits', page, KEY, -1);
        } else {
          yield micro(Op.markMove, 'reset change bits', page, KEY, CARRIER.bitmap);
        }
      }
    }

    return {
      mappedFlags,
      writeFault: neverProtected,
      notPresentFault: (page) => mapOnFault(page, mappedFlags),
      *harvest() {
        yield micro(Op.harvestBegin, 'harvest');
        if (transferFirst) {
          yield* transferMarked(KEY, upload);
          yield* forEachVma('reset change bits', reset);
          yield* clearMarks(CARRIER.bitmap);
        } else {
          yield* forEachVma('reset change bits', reset);
          yield* consumeMarked(CARRIER.bitmap, upload);
        }
        yield micro(Op.harvestEnd, 'harvest');
      },
    };
  },
};
