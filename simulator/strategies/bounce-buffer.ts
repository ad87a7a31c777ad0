import { pageMkcleanProtocol } from '../kernel/page-mkclean.js';
import { pageMkwrite } from './page-mkwrite.js';
import type { StrategyDefinition } from './define.js';

/**
 * The answer of 2013 for memory without struct page: the program gets ordinary pages, tracked by page_mkwrite and
 * page_mkclean, and the driver copies the dirty ones to the device.
 */
export const bounceBuffer: StrategyDefinition = {
  ...pageMkwrite,
  id: 'bounce-buffer',
  summary: 'page_mkwrite on shadow pages in system memory, dirty ones copied to the device',
  price: 'twice the memory, one fault per page and epoch, one flush and one copy per dirty page',
  create: (options) => pageMkcleanProtocol(options, options.cost('memcpy4k') + options.cost('upload4k')),
};
