/**
 * A buffer that a program and a device write in turn by pages: three pages by the CPU, one by DMA, and in the next pass each page by another
 * writer. What a device writes goes through no page table that the kernel arms, so whoever looks there alone misses one page in four.
 */
import { PAGE_SIZE } from '../../base/index.js';
import { AccessKind } from '../../simulator/index.js';
import { BASE_PAGE, defineWorkload } from './workload.js';

/** A burst of PCIe: the largest payload that root ports commonly agree on. */
const WRITE_BYTES = 256;
/** One page in so many is the device's. */
const TURNS = 4;

export const deviceAndCpu = defineWorkload({
  id: 'device-and-cpu',
  summary: 'a CPU and a device write a buffer in turn by pages, 256 bytes at a time, one page in four by DMA',
  defaults: { writes: 1_048_576, pages: 4_096, cpus: 1 }, // 16 passes
  pattern({ pages }) {
    let page = 0;
    let pass = 0;
    let at = 0;
    return (batch, from, to) => {
      const { page: pageColumn, offset, kind } = batch;
      batch.size.fill(WRITE_BYTES, from, to);
      for (let row = from; row < to; row++) {
        pageColumn[row] = BASE_PAGE + page;
        offset[row] = at;
        if ((page + pass) % TURNS === TURNS - 1) kind[row] = AccessKind.deviceWrite;
        at += WRITE_BYTES;
        if (at < PAGE_SIZE) continue;
        at = 0;
        if (++page < pages) continue;
        page = 0;
        pass++;
      }
    };
  },
});
