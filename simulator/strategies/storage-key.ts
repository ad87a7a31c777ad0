import { PTE_PRESENT, PTE_WRITABLE } from '../../traces/index.js';
import { clearMarks, consumeMarked, transferMarked } from '../kernel/consume.js';
import { mapOnFault, neverProtected } from '../kernel/faults.js';
import { forEachVma } from '../kernel/object.js';
import { CARRIER } from '../machine/codes.js';
import { type Micro, micro, Op } from '../micro-ops.js';
import { mutation } from '../mutations.js';
import { defineStrategy, TRANSFER } from './define.js';

const KEY = CARRIER['storage-key'];

/**
 * The change bits of s390 storage keys: look at the key of every frame, reset those that are set, transfer. Test and reset are one
 * instruction, and no translation remembers the bit, so no flush belongs to it; and it sees what devices and the kernel write.
 */
export const storageKey = defineStrategy({
  id: 'storage-key',
  summary: 'reset the change bits of the storage keys, transfer; sees device and kernel writes too',
  price: 'a key operation for every page per harvest; no fault, no flush',
  vmas: ['pfnmap', 'mixedmap', 'shared-file', 'anon'],
  vmaReason: 'second-stage memory belongs to a VMM strategy',
  architectures: ['s390x-key'],
  carriers: ['storage-key', 'bitmap'],
  cannotSee: [],
  faultCosts: [],
  steps: [
    {
      step: 'reset',
      summary: 'the change bit of each frame is tested and reset in one instruction',
      mutations: [
        mutation('plain-rmw', 'fine', {
          summary:
            'the key is read and then set as a whole (ISKE, SSKE) instead of tested and reset in one instruction: a store in between is forgotten',
        }),
        mutation('no-mark', 'coarse'),
        mutation('no-rearm', 'none', {
          summary:
            'change bits are read and not reset: nothing is lost, and every page once written is reported at every harvest',
        }),
      ],
    },
    {
      step: 'consume',
      summary: 'runs of marked pages are reported, after their change bits were reset',
      mutations: [mutation('transfer-first', 'fine')],
    },
    TRANSFER,
  ],
  create(options) {
    const { mutations, cost, start } = options;
    const transferFirst = mutations.has('transfer-first');
    const plainRmw = mutations.has('plain-rmw');
    const record = mutations.has('no-mark') ? -1 : CARRIER.bitmap;
    const upload = cost('upload4k');
    const mappedFlags = PTE_PRESENT | PTE_WRITABLE;
    const step = 'reset change bits';

    function* resetPage(page: number): Micro {
      if (!plainRmw && !mutations.has('no-rearm')) {
        yield micro(Op.markMove, step, page, KEY, record);
        return;
      }
      // What was read decides what is noted; what is stored is a key without the bit, whatever it has become.
      const wasSet = yield micro(Op.markTest, step, page, KEY);
      if (wasSet && record >= 0) yield micro(Op.markSet, 'mark page', page, record);
      if (plainRmw) yield micro(Op.markMove, step, page, KEY, -1);
    }

    /** Moves the change bits of a VMA's frames into the bitmap. */
    function* reset(first: number, last: number): Micro {
      yield micro(Op.compareContents, step, first, cost('keyOperation'), last);
      for (let page = first; page >= 0; page = yield micro(Op.nextEntry, step, page, 0, last)) yield* resetPage(page);
    }

    return {
      mappedFlags,
      writeFault: neverProtected,
      notPresentFault: (page) => mapOnFault(page, mappedFlags),
      *harvest() {
        if (transferFirst) {
          yield* transferMarked(options, KEY, upload);
          yield* forEachVma(start, step, reset);
          yield* clearMarks(options, CARRIER.bitmap);
        } else {
          yield* forEachVma(start, step, reset);
          yield* consumeMarked(options, CARRIER.bitmap, upload);
        }
      },
    };
  },
});
