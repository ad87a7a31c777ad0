/** One pass over a buffer after the other, 8 bytes at a time: the friendliest case for every tracker. */
import { PAGE_SIZE } from '../../base/index.js';
import { BASE_PAGE, defineWorkload } from './workload.js';

const WRITE_BYTES = 8;

export const sequentialFill = defineWorkload({
  id: 'sequential-fill',
  summary: 'fills a buffer from its first byte to its last, 8 bytes at a time, again and again',
  defaults: { writes: 2_097_152, pages: 4_096, cpus: 1 }, // one pass
  pattern({ pages }) {
    let page = 0;
    let at = 0;
    return (batch, from, to) => {
      const { page: pageColumn, offset } = batch;
      batch.size.fill(WRITE_BYTES, from, to);
      for (let row = from; row < to; row++) {
        pageColumn[row] = BASE_PAGE + page;
        offset[row] = at;
        at += WRITE_BYTES;
        if (at === PAGE_SIZE) {
          at = 0;
          page = page + 1 === pages ? 0 : page + 1;
        }
      }
    };
  },
});
