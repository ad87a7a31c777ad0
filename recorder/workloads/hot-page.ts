/** All writes to one page: every one hits the TLB, so nothing but the cost of recording a write is left to see. */
import { PAGE_SIZE, UsageError } from '../../base/index.js';
import { BASE_PAGE, defineWorkload } from './workload.js';

const WRITE_BYTES = 8;

export const hotPage = defineWorkload({
  id: 'hot-page',
  summary: 'writes 8 bytes at a time over a single page, again and again',
  defaults: { writes: 20_000_000, pages: 1, cpus: 1 },
  check({ pages }) {
    if (pages === 1) return;
    throw new UsageError({
      what: `workload hot-page cannot have --pages ${pages}`,
      why: 'it is about a single page',
      mend: 'leave --pages out, or use sequential-fill',
    });
  },
  pattern() {
    return (batch, from, to, done) => {
      const { offset } = batch;
      batch.page.fill(BASE_PAGE, from, to);
      batch.size.fill(WRITE_BYTES, from, to);
      let at = (done * WRITE_BYTES) % PAGE_SIZE;
      for (let row = from; row < to; row++) {
        offset[row] = at;
        at = (at + WRITE_BYTES) & (PAGE_SIZE - 1);
      }
    };
  },
});
