import { expect, it } from 'vitest';
import { drawn } from '../replayer/testing/drawn.js';
import { check } from './check.js';

const TEXT = `
  map 16
  map 17
  map 1024
  pte 16 PW map
  pte 16 PWD walker
  tlb-fill 16 WD
  write 16 offset=0 size=8
  write 16 offset=8 size=8      # the same line
  write 16 offset=60 size=8     # that line, and the next
  write 17 offset=2044 size=8   # the lines on both sides of the middle
  harvest-begin 1
  pte 16 PW clean
  flush-ack 16 range
  flush-ack 17 range            # for nothing
  report 16+2
  report 1024                   # nothing new
  transfer 16+2
  transfer 1024
  harvest-end 1
  write 16 offset=0 size=8      # a new epoch counts anew
  write 1024 offset=4088 size=8
`;

it('counts distinct lines, pages and blocks of each epoch against what was transferred', () => {
  const { waste } = check(drawn(TEXT));
  expect(waste!.amplification).toEqual({
    bytesTransferred: 3 * 4096,
    by: [
      { granularityBytes: 64, bytesWritten: 6 * 64, ratio: (3 * 4096) / (6 * 64) },
      { granularityBytes: 4096, bytesWritten: 4 * 4096, ratio: 3 / 4 },
      { granularityBytes: 2 ** 21, bytesWritten: 3 * 2 ** 21, ratio: (3 * 4096) / (3 * 2 ** 21) },
    ],
  });
});

it('tells what was for nothing, of what there was', () => {
  const { waste } = check(drawn(TEXT));
  expect(waste).toMatchObject({
    falseDirty: { wasted: 1, of: 3, ratio: 1 / 3 },
    excessFlushes: { wasted: 1, of: 2, ratio: 1 / 2 },
    excessFaults: { wasted: 0, of: 0, ratio: 0 },
  });
});

it('has no ratio where nothing was written', () => {
  expect(check(drawn('map 16')).waste!.amplification.by.map(({ ratio }) => ratio)).toEqual([null, null, null]);
});
