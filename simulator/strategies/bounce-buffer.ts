import { PAGE_MKCLEAN_STEPS, pageMkcleanProtocol } from '../kernel/page-mkclean.js';
import { defineStrategy, PTE_ARCHITECTURES } from './define.js';

/**
 * The answer of 2013 for memory without struct page: the program gets ordinary pages, tracked by page_mkwrite and
 * page_mkclean, and the driver copies the dirty ones to the device. The CPU copies, so its caches do not matter.
 */
export const bounceBuffer = defineStrategy({
  id: 'bounce-buffer',
  summary: 'page_mkwrite on shadow pages in system memory, dirty ones copied to the device',
  price: 'twice the memory, one fault per page and epoch, one flush and one copy per dirty page',
  vmas: ['shared-file'],
  vmaReason:
    'the program is given ordinary pages, because page_mkwrite and page_mkclean need a struct page behind every entry',
  architectures: PTE_ARCHITECTURES,
  carriers: ['page-flag'],
  cannotSee: ['device-dma', 'kernel-write'],
  faultCosts: ['wpFault', 'mkwriteExtra'],
  copiesByCpu: true,
  shadow: 'instead',
  steps: [
    ...PAGE_MKCLEAN_STEPS,
    { step: 'copy', summary: 'the CPU copies the bytes of each dirty page to the device' },
  ],
  create: (options) => pageMkcleanProtocol(options, options.cost('memcpy4k') + options.cost('upload4k')),
});
