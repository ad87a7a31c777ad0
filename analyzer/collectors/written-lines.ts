/**
 * How much was written, by the grain at which one looks: distinct lines of 64 bytes, pages of 4 KiB and blocks of 2 MiB in each epoch, against the bytes that
 * were transferred. Exact; what is kept is a mask of 64 lines for each frame, and an epoch for each block.
 */
import { PAGE_SIZE, PAGES_PER_TABLE } from '../../base/index.js';
import { PageTable } from '../../replayer/index.js';
import { transfer, write } from '../../traces/index.js';
import { NumberColumn, widened } from '../columns.js';
import type { CollectorDefinition } from '../pass.js';

/** A cache line, the smallest that a device could ask for. */
const LINE_SHIFT = 6;

// Words of a frame, together because they are looked at together.
const EPOCH = 0;
const LOW = 1;
const HIGH = 2;
const WORDS = 4;

export interface WrittenLines {
  readonly transferredBytes: number;
  /** Distinct units written, summed over the epochs. */
  readonly lines: number;
  readonly pages: number;
  readonly blocks: number;
}

export const writtenLines: CollectorDefinition<WrittenLines> = {
  id: 'written-lines',
  create() {
    /** By frame: the epoch that the mask is of, and its halves. */
    let lately = new Int32Array(1024 * WORDS);
    const table = new PageTable();
    const blockEpoch = new NumberColumn();
    let epoch = 1;
    let transferredBytes = 0;
    let lines = 0;
    let pages = 0;
    let blocks = 0;

    /** The frame is written for the first time in the epoch. */
    const begin = (frame: number, space: number, page: number) => {
      const at = frame * WORDS;
      if (at >= lately.length) lately = widened(lately, new Int32Array(2 ** Math.ceil(Math.log2(frame + 1)) * WORDS));
      lately[at + EPOCH] = epoch;
      lately[at + LOW] = lately[at + HIGH] = 0;
      pages++;
      const block = table.ensure(space, Math.floor(page / PAGES_PER_TABLE));
      if (blockEpoch.get(block) === epoch) return;
      blockEpoch.set(block, epoch);
      blocks++;
    };

    return {
      on: {
        transfer: ({ slots }, row) => void (transferredBytes += slots[transfer.slot.bytes]![row]!),
        'harvest-end': () => void epoch++,
      },
      writes(batch, from, to, _fold, _page, frame) {
        if (frame === 0) return;
        const at = frame * WORDS;
        if (at >= lately.length || lately[at + EPOCH] !== epoch) begin(frame, batch.space[from]!, batch.page[from]!);
        const masks = lately;
        const offsets = batch.slots[write.slot.offset]!;
        const sizes = batch.slots[write.slot.size]!;
        for (let row = from; row < to; row++) {
          const offset = offsets[row]!;
          // A damaged trail may claim more than a page.
          const last = Math.min(offset + sizes[row]! - 1, PAGE_SIZE - 1) >> LINE_SHIFT;
          for (let line = offset >> LINE_SHIFT; line <= last; line++) {
            const half = at + (line < 32 ? LOW : HIGH);
            const bit = 1 << (line & 31);
            if (masks[half]! & bit) continue;
            masks[half]! |= bit;
            lines++;
          }
        }
      },
      finish: () => ({ transferredBytes, lines, pages, blocks }),
    };
  },
};
