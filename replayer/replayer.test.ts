import { describe, expect, it } from 'vitest';
import { Random, TrailFormatError, UsageError } from '../base/index.js';
import { parsePosition } from './position.js';
import { Replayer } from './replayer.js';
import { describeState, stateAt } from './state.js';
import { Fold } from './fold/index.js';
import { copyRows, drawn, DRAWN_META, MemorySource } from './testing/drawn.js';
import { randomEvents, randomMeta } from './testing/random-events.js';
import { EVENT_BY_CODE, EventBatch, type Topic } from '../traces/index.js';
import { countsAt } from './counts.js';

const TWO_HARVESTS = `
  map 16 @100
  pte 16 PW map
  pte 16 PWDA walker
  tlb-fill 16 WD
  write 16 @200
  harvest-begin 1
  pte 16 PWA clean
  mark 16 bitmap set
  flush-ack 16 range
  mark 16 bitmap clear
  transfer 16 @300
  harvest-end 1 @400      # 12
  tlb-fill 16 WD @400
  write 16 @400
  harvest-begin 2
  harvest-end 2 @500      # 16
  write 16 @600
`;

describe('a position', () => {
  it.each([
    ['17', 17],
    ['0x10', 16],
    ['0', 0],
    ['end', 17],
    ['harvest:1', 12],
    ['harvest:2', 16],
    ['time:100', 1],
    ['time:399', 11],
    ['time:400', 14],
    ['time:600', 17],
  ])('%s means event %i, whatever the chunks', (text, seq) => {
    for (const chunkEvents of [1, 3, 12, 100]) {
      const replayer = Replayer.open(drawn(TWO_HARVESTS, { chunkEvents }));
      expect(replayer.seqOf(parsePosition(text))).toBe(seq);
      expect(replayer.stateAt(parsePosition(text)).seq).toBe(seq);
    }
  });

  it.each([
    ['18', /0 \(before the first\) to 17/],
    ['harvest:0', /1 to 2/],
    ['harvest:3', /1 to 2/],
    ['time:99', /100 to 600 ns/],
    ['time:601', /100 to 600 ns/],
  ])('%s lies outside and the error tells the range', (text, range) => {
    const replayer = Replayer.open(drawn(TWO_HARVESTS, { chunkEvents: 5 }));
    expect(() => replayer.seqOf(parsePosition(text))).toThrow(UsageError);
    expect(() => replayer.seqOf(parsePosition(text))).toThrow(range);
  });

  it.each(['', 'start', '-1', '1.5', 'harvest:', 'harvest:x', 'time:1e3', 'harvest:2 ', '99999999999999999999'])(
    '%j is refused',
    (text) => {
      expect(() => parsePosition(text)).toThrow(UsageError);
    },
  );

  it('in an empty trail is only the end', () => {
    const replayer = Replayer.open(new MemorySource([]));
    expect(replayer.stateAt({ kind: 'end' }).seq).toBe(0);
    for (const text of ['1', 'harvest:1', 'time:0'])
      expect(() => replayer.seqOf(parsePosition(text))).toThrow(UsageError);
  });
});

describe('moving about', () => {
  it.each([1, 2, 3, 4])(
    'seed %i: any walk over random events equals a fold from the start, with checkpoints and without',
    (seed) => {
      const batch = randomEvents(seed, 2000);
      const fold = new Fold(randomMeta(seed));
      const parts: EventBatch[] = [];
      for (let from = 0; from < batch.length; from += 97) {
        const part = new EventBatch(97);
        copyRows(batch, from, Math.min(from + 97, batch.length), part);
        parts.push(part);
      }
      const source = new MemorySource(parts, randomMeta(seed));
      const random = new Random(seed);
      for (let step = 0; step < 40; step++) {
        const replayer = Replayer.open(source);
        for (let hop = 0; hop < 4; hop++) {
          const seq = random.below(batch.length + 1);
          fold.reset();
          fold.apply(batch, 0, seq);
          expect(replayer.goTo(seq).snapshot()).toEqual(fold.snapshot());
        }
        if (step % 10 === 9) {
          source.snapshots.push(fold.snapshot());
          source.snapshots.sort((a, b) => a.seq - b.seq);
        }
      }
    },
  );

  it.each(Array.from({ length: 16 }, (_, seed) => seed))(
    'seed %i: steps in both directions equal a fold from the start',
    (seed) => {
      const batch = randomEvents(seed, 1200);
      const meta = randomMeta(seed);
      const parts: EventBatch[] = [];
      for (let from = 0; from < batch.length; from += 400) {
        const part = new EventBatch(400);
        copyRows(batch, from, Math.min(from + 400, batch.length), part);
        parts.push(part);
      }
      const source = new MemorySource(parts, meta);
      const random = new Random(seed);
      const replayer = Replayer.open(source);
      const fold = new Fold(meta);
      let seq = replayer.goTo(1150).seq;
      for (let step = 0; step < 300; step++) {
        // Mostly backwards, now and then on or far away.
        const kind = random.below(20);
        seq += kind === 0 ? random.below(400) : kind < 6 ? 1 : -1 - random.below(12);
        if (seq < 0 || seq > batch.length) seq = random.below(batch.length + 1);
        const here = replayer.goTo(seq).snapshot();
        if (step % 5 !== 0) continue;
        fold.reset();
        fold.apply(batch, 0, seq);
        expect(here, `at ${seq}`).toEqual(fold.snapshot());
      }
    },
  );

  it('takes events back without reading anything again', () => {
    const source = drawn(TWO_HARVESTS);
    const replayer = Replayer.open(source);
    replayer.goTo(17);
    replayer.goTo(16);
    const before = source.chunksRead;
    for (let seq = 15; seq >= 0; seq--) replayer.goTo(seq);
    for (let seq = 1; seq <= 16; seq++) replayer.goTo(seq);
    expect(source.chunksRead).toBe(before);
  });

  it('reads a chunk once while it steps through it, and goes back to a checkpoint rather than to the start', () => {
    const source = drawn(TWO_HARVESTS, { chunkEvents: 4 });
    const replayer = Replayer.open(source);
    for (let seq = 1; seq <= 8; seq++) replayer.goTo(seq);
    expect(source.chunksRead).toBe(2);
    source.snapshots.push(replayer.goTo(8).snapshot());
    replayer.goTo(17);
    const before = source.chunksRead;
    replayer.goTo(9);
    expect(source.chunksRead - before).toBe(1);
  });

  it('names the chunk whose statistics are wrong', () => {
    const source = drawn(TWO_HARVESTS);
    (source.chunks[0] as { events: number }).events = 20;
    expect(() => Replayer.open(source).goTo(18)).toThrow(TrailFormatError);
  });
});

/** A trail as one object in one address space gives it: frames of their own, unless `shares`. */
function ownFrames(seed: number, shares: boolean): MemorySource {
  const random = new Random(seed);
  const lines: string[] = [];
  let frames = 0;
  for (let event = 0; event < 600; event++) {
    const page = 128 * random.below(40);
    const cpu = `cpu${random.below(2)}`;
    const kind = random.below(12);
    if (kind === 0) lines.push(`map ${page} frame=${shares && random.below(4) === 0 ? 3 : 100 + frames++}`);
    else if (kind === 1) lines.push(`frame-move ${page} newFrame=${100 + frames++}`);
    else if (kind === 2) lines.push(`unmap ${page}`);
    else if (kind === 3)
      lines.push(`mark ${page}+${1 + random.below(600)} bitmap ${random.below(2) ? 'set' : 'cleared'}`);
    else if (kind === 4) lines.push(`transfer ${page}+${1 + random.below(600)}`);
    else if (kind === 5) lines.push(`${cpu} flush-ack ${page}+${1 + random.below(600)} range`);
    else if (kind <= 7) lines.push(`${cpu} tlb-fill ${page} WD slot=${random.below(8)}`);
    else if (kind === 8) lines.push(`pte ${page} ${random.below(2) ? 'PWDA' : 'PA'} clean`);
    else lines.push(`${cpu} write ${page}`);
  }
  const spaces = [{ kind: 'mm' as const, layout: 'x86-64' }];
  return drawn(lines.join('\n').replace(/ cleared$/gm, ' value=0'), { chunkEvents: 50, meta: { spaces } });
}

describe('a replayer of some pages', () => {
  it.each(Array.from({ length: 20 }, (_, seed) => seed))(
    'seed %i: says of them what one of all pages says, also where others come onto their frames',
    (seed) => {
      const source = ownFrames(seed, seed % 3 === 0);
      const random = new Random(seed);
      const whole = Replayer.open(source);
      const scope = { space: 0, from: 1000, to: 1001 + random.below(1000) };
      const part = Replayer.open(source, scope);
      for (let hop = 0; hop < 25; hop++) {
        const seq = random.below(601);
        // Only recordings of pages with frames of their own are long enough for checkpoints.
        if (hop % 6 === 5 && seed % 3 !== 0) source.snapshots.splice(0, 9, whole.goTo(seq).snapshot());
        const expected = describeState(whole.goTo(seq), 1);
        const filtered = (states: typeof expected) => ({
          ...states,
          ptes: states.ptes.filter(({ page }) => page >= scope.from && page < scope.to),
          marks: states.marks.filter(({ page }) => page >= scope.from && page < scope.to),
          stale: states.stale.filter((page) => page >= scope.from && page < scope.to),
        });
        expect(filtered(describeState(part.goTo(seq), 1)), `at ${seq}`).toEqual(filtered(expected));
      }
    },
  );
});

describe('counts at an event', () => {
  it.each([1, 2, 3])('seed %i: are those of the events before it', (seed) => {
    const batch = randomEvents(seed, 500);
    const parts = [0, 200, 400].map((from) => {
      const part = new EventBatch(200);
      copyRows(batch, from, Math.min(from + 200, 500), part);
      return part;
    });
    const source = new MemorySource(parts, randomMeta(seed));
    for (const seq of [0, 1, 199, 200, 201, 400, 499, 500, 9999]) {
      const expected: Record<string, number> = {};
      for (const code of batch.kind.subarray(0, Math.min(seq, 500))) {
        const { kind } = EVENT_BY_CODE[code]!;
        expected[kind] = (expected[kind] ?? 0) + 1;
      }
      expect(countsAt(source, seq), `at ${seq}`).toEqual(expected);
    }
  });
});

describe('the state as an answer', () => {
  const at = (text: string, filter = {}) =>
    stateAt(Replayer.open(drawn(TWO_HARVESTS, { chunkEvents: 5 })), parsePosition(text), filter);

  it('lists entry, TLB entry, marks and stale pages', () => {
    expect(at('8')).toMatchObject({
      seq: 8,
      epoch: 1,
      harvesting: true,
      reads: ['pte-dirty', 'bitmap'],
      ptes: [
        {
          space: 0,
          page: 16,
          present: true,
          writable: true,
          dirty: false,
          accessed: true,
          frame: 1016,
          huge: false,
          memory: 'system',
          generation: 1,
          captured: 0,
          cached: 0,
        },
      ],
      tlbs: [{ cpu: 0, space: 0, page: 16, writable: true, dirty: true, frame: 1016 }],
      marks: [{ carrier: 'bitmap', space: 0, page: 16 }],
      stale: [16],
    });
  });

  it('gives the raw entry exactly', () => {
    const [entry] = at('8').ptes;
    expect(BigInt(entry!.raw)).toBe((1n << 63n) | (1016n << 12n) | 0x27n);
    expect(entry!.bits).toBe('P RW US A NX');
  });

  it('tells what governs a page of a huge entry, what a device caches, and what consumers of other spaces read', () => {
    const trail = drawn('map 512\n map 513\n pte 512 PWDH walker\n cpu-1 tlb-fill 512 WDH', {
      meta: {
        spaces: [
          { kind: 'mm', layout: 'x86-64' },
          { kind: 'mm', layout: 'x86-64', carriers: ['uffd-wp'] },
        ],
      },
    });
    const state = stateAt(Replayer.open(trail), { kind: 'end' });
    expect(state.ptes.map(({ page, huge, dirty, bits, frame }) => [page, huge, dirty, bits, frame])).toEqual([
      [512, true, true, 'P RW US D PSE NX', 1512],
      [513, true, true, 'P RW US D PSE NX', 1513],
    ]);
    expect(state.tlbs).toMatchObject([{ cpu: -1, page: 512, huge: true }]);
    expect(state.ownReads).toEqual([{ space: 1, reads: ['uffd-wp'] }]);
  });

  it.each([
    ['11', 1],
    ['harvest:1', 1],
    ['13', 2],
    ['harvest:2', 2],
    ['17', 3],
    ['0', 1],
  ])('event %s lies in epoch %i', (text, epoch) => {
    expect(at(text).epoch).toBe(epoch);
  });

  it('narrows by page and by cpu', () => {
    expect(at('8', { page: 16 })).toEqual(at('8'));
    expect(at('8', { page: 17 })).toMatchObject({ ptes: [], tlbs: [], marks: [], stale: [] });
    expect(at('8', { cpu: 1 })).toMatchObject({ tlbs: [], stale: [16] });
  });
});

describe('chunks that say nothing of the page that is asked about', () => {
  /** With an index of the chunks that name each page. */
  class Indexed extends MemorySource {
    override lastChunkAbout(_space: number, page: number, _topic: Topic, seq: number, atLeast = 0): number {
      const names = ({ page: pages, length }: EventBatch) => pages.subarray(0, length).includes(page);
      return this.batches.findLastIndex((batch, at) => at >= atLeast && batch.firstSeq <= seq && names(batch));
    }
  }

  it.each([
    ['frame=5', 'another page is cached to be on its frame', 2003],
    ['frame=6', 'no other page leads to its frame', 3],
  ])('are read for their writes only where %s: %s', (stale, _, generation) => {
    const writes = (page: number) => `write ${page}\n`.repeat(2000);
    const text = `map 17 frame=5\n pte 17 PW map\n tlb-fill 16 WD ${stale} slot=1\n ${'write 17\n'.repeat(3)} ${writes(16)} harvest-begin 1`;
    const { batches } = drawn(text, { chunkEvents: 256 });
    const source = new Indexed(batches, { ...DRAWN_META, mode: 'simulated', spaces: DRAWN_META.spaces.slice(0, 1) });
    source.snapshots.push(Replayer.open(source).goTo(6).snapshot());
    const at = source.chunks.reduce((sum, { events }) => sum + events, 0);
    const part = Replayer.open(source, { space: 0, from: 17, to: 18 }).goTo(at);
    expect([part.seq, part.harvesting, part.part !== null]).toEqual([at, true, true]);
    expect(part.generationOf(part.pages.find(0, 17))).toBe(generation);
    expect(part.generationOf(part.pages.find(0, 17))).toBe(
      Replayer.open(source).goTo(at).generationOf(part.pages.find(0, 17)),
    );
  });
});
