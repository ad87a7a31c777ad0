/** What each event of a drawn trail is said to change. */
import { describe, expect, it } from 'vitest';
import { EventBatch } from '../traces/index.js';
import { Probe } from './effects.js';
import { Replayer } from './replayer.js';
import { drawn } from './testing/drawn.js';

/** The effects of the last event of a drawing, a line each. */
function effectsOfLast(text: string): string[] {
  const source = drawn(text);
  const replayer = Replayer.open(source);
  const batch = new EventBatch();
  source.readChunk(0, batch);
  const probe = new Probe(replayer.goTo(replayer.lastSeq - 1), batch, batch.length - 1);
  replayer.goTo(replayer.lastSeq);
  return probe
    .effects()
    .map(({ subject, cell, before, after }) =>
      [subject, cell, before, '->', after].filter((word) => word !== '').join(' '),
    );
}

const MAPPED = 'map 16\n pte 16 PW map\n pte 16 PWDA walker\n tlb-fill 16 WD slot=3\n';

describe('effects', () => {
  it.each([
    ['map', 'map 16', ['page 0x10 frame none -> 0x3f8']],
    ['a write', `${MAPPED}write 16`, ['page 0x10 generation 0 -> 1', 'page 0x10 stale no -> yes']],
    ['a second write', `${MAPPED}write 16\n write 16`, ['page 0x10 generation 1 -> 2']],
    [
      'a write through a stale TLB entry',
      `${MAPPED}frame-move 16 newFrame=7\n write 16`,
      ['frame 0x3f8 generation 0 -> 1'],
    ],
    ['D set', 'map 16\n pte 16 PW map\n pte 16 PWDA walker', ['page 0x10 told by nothing -> pte-dirty']],
    [
      'marks of a range',
      `${MAPPED}mark 16+2 bitmap set`,
      [
        'page 0x10 marks none -> bitmap',
        'page 0x10 told by pte-dirty -> pte-dirty+bitmap',
        'page 0x11 marks none -> bitmap',
        'page 0x11 told by nothing -> bitmap',
      ],
    ],
    ['a mark that is set already', 'mark 16 bitmap set\n mark 16 bitmap set', []],
    ['a transfer', `${MAPPED}write 16\n transfer 16`, ['page 0x10 captured 0 -> 1', 'page 0x10 stale yes -> no']],
    [
      'a fill that displaces',
      `${MAPPED}tlb-fill 20 W slot=3`,
      ['cpu 0 TLB slot 3 page 0x10 WD, frame 0x3f8 -> page 0x14 W-, frame 0x3fc'],
    ],
    [
      'a flush',
      `${MAPPED}tlb-fill 17 W slot=4\n flush-ack 16 range`,
      ['cpu 0 TLB slot 3 page 0x10 WD, frame 0x3f8 -> empty'],
    ],
    ['a switch', 'switch reads=bitmap', ['the consumer reads pte-dirty+bitmap -> bitmap']],
    ['what only tells', 'harvest-begin 1', []],
    ['a flush that is sent', `${MAPPED}flush-send 16 range`, []],
  ])('%s', (_, text, expected) => {
    expect(effectsOfLast(text)).toEqual(expected);
  });
});
