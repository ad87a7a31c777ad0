/** Single writes to pages far apart, every page as likely as any other: the worst case for TLBs and for page granularity. */
import { Random } from '../../base/index.js';
import { BASE_PAGE, defineWorkload } from './workload.js';

const WRITE_BYTES = 8;

export const sparseScatter = defineWorkload({
  id: 'sparse-scatter',
  summary: 'writes 8 bytes at a time to random places of a large object, all pages alike',
  defaults: { writes: 2_000_000, pages: 262_144, cpus: 1 }, // 1 GiB: most pages are dirtied by a write or a few
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
