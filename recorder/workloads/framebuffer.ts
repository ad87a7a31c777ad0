/**
 * A window on a screen, repainted line by line: lines lie a stride apart, so a frame touches a band of pages in order, each
 * partly, and then starts over. Pixels are written as a compiler does it, 16 bytes at a time.
 */
import { PAGE_SIZE } from '../../base/index.js';
import { BASE_PAGE, defineWorkload } from './workload.js';

const WRITE_BYTES = 16;
/** A line of 1920 pixels of 4 bytes, rounded up to whole pages. */
const STRIDE_BYTES = 8_192;

export const framebuffer = defineWorkload({
  id: 'framebuffer',
  summary: 'repaints the middle of a screen line by line, 16 bytes at a time, frame after frame',
  defaults: { writes: 2_621_440, pages: 2_048, cpus: 1 }, // 1024 lines, 20 frames
  pattern({ pages }) {
    const bytes = pages * PAGE_SIZE;
    const stride = Math.min(STRIDE_BYTES, bytes);
    const lines = Math.floor(bytes / stride);
    // The window is half as wide and half as high as the screen, in its middle.
    const left = stride / 4;
    const right = left + stride / 2;
    const top = Math.floor(lines / 4);
    const bottom = top + Math.max(1, Math.floor(lines / 2));
    let line = top;
    let x = left;
    return (batch, from, to) => {
      const { page, offset } = batch;
      batch.size.fill(WRITE_BYTES, from, to);
      let start = line * stride;
      for (let row = from; row < to; row++) {
        const at = start + x;
        page[row] = BASE_PAGE + Math.floor(at / PAGE_SIZE);
        offset[row] = at % PAGE_SIZE;
        x += WRITE_BYTES;
        if (x === right) {
          x = left;
          line = line + 1 === bottom ? top : line + 1;
          start = line * stride;
        }
      }
    };
  },
});
