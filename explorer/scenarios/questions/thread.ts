/** Where the questions were asked. */
export const THREAD_OF_2013 =
  'linux-kernel, 20 Nov 2013, "Add dirty-tracking infrastructure for non-page-backed address spaces"';
