/**
 * Several CPUs write to the same pages in turn, so each page sits in the TLBs of all of them: every flush has remote targets,
 * and an entry that one CPU keeps too long is an entry that the others cannot see.
 */
import { Random } from '../../base/index.js';
import { BASE_PAGE, defineWorkload } from './workload.js';

const WRITE_BYTES = 8;

export const multiCpuShared = defineWorkload({
  id: 'multi-cpu-shared',
  summary: 'several CPUs take turns writing 8 bytes to random places of pages they share',
  defaults: { writes: 4_000_000, pages: 256, cpus: 4 },
  sharedByCpus: true,
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
