/**
 * A buffer that two processes have mapped and write in turn, each on a CPU of its own: a page is dirty when either wrote it, and its two
 * entries are in two page tables. What is cleaned, protected or flushed in one of them only is missed in the other.
 */
import { Random } from '../../base/index.js';
import { BASE_PAGE, defineWorkload } from './workload.js';

const WRITE_BYTES = 8;

export const twoProcesses = defineWorkload({
  id: 'two-processes',
  summary:
    'two processes take turns writing 8 bytes to random places of a buffer they share, CPUs 0, 2, .. and 1, 3, ..',
  defaults: { writes: 1_000_000, pages: 256, cpus: 2 },
  sharedByCpus: true,
  processes: 2,
  pattern({ pages, seed }) {
    const random = new Random(seed);
    return (batch, from, to) => {
      const { page, offset } = batch;
      batch.size.fill(WRITE_BYTES, from, to);
      for (let row = from; row < to; row++) {
        page[row] = BASE_PAGE + random.below(pages);
        offset[row] = (random.uint32() & 511) * WRITE_BYTES;
      }
    };
  },
});
