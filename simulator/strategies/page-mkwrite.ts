import { pageMkcleanProtocol, PAGE_MKCLEAN_STEPS } from '../kernel/page-mkclean.js';
import { defineStrategy, PTE_ARCHITECTURES, TRANSFER } from './define.js';

/** Write notification of page-backed shared memory: page_mkwrite marks, page_mkclean re-arms, one page and one flush at a time. */
export const pageMkwrite = defineStrategy({
  id: 'page-mkwrite',
  summary: 'page_mkwrite marks the page, page_mkclean protects and flushes it again, page by page',
  price: 'one fault per page and epoch, one flush per dirty page',
  vmas: ['shared-file'],
  vmaReason: 'page_mkwrite and page_mkclean need a struct page behind every entry',
  architectures: PTE_ARCHITECTURES,
  carriers: ['page-flag'],
  cannotSee: ['device-dma', 'kernel-write'],
  faultCosts: ['wpFault', 'mkwriteExtra'],
  steps: [...PAGE_MKCLEAN_STEPS, TRANSFER],
  create: (options) => pageMkcleanProtocol(options, options.cost('upload4k')),
});
