import { describe, expect, it } from 'vitest';
import { InvariantError } from '../base/index.js';
import { drawn } from '../replayer/testing/drawn.js';
import { seqOf } from '../replayer/index.js';
import { type CollectorDefinition, runPass } from './pass.js';

const TEXT = `
  map 16
  write 16
  read 16
  write 16
  cpu1 write 16
  mark 16 bitmap set
  write 16
  write 17
  transfer 16
`;

/** What a collector is shown: kind or run, seq, and the generation of page 16 at that moment. */
function log(kinds: readonly string[]): CollectorDefinition<string[]> {
  return {
    id: `log ${kinds.join()}`,
    create() {
      const seen: string[] = [];
      return {
        on: Object.fromEntries(
          kinds.map((kind) => [
            kind,
            (batch, row, fold, page) =>
              void seen.push(`${kind} ${seqOf(batch, row)}: ${page < 0 ? 'new' : fold.generationOf(page)}`),
          ]),
        ),
        writes: (batch, from, to, fold, page, frame) =>
          void seen.push(
            `${to - from} writes from ${seqOf(batch, from)}: ${page < 0 ? 'nowhere' : fold.frames.generation[frame]}`,
          ),
        finish: (end) => [...seen, `end ${end.seq}`],
      };
    },
  };
}

function breaks(at: 'map' | 'writes' | 'finish' | 'nowhere'): CollectorDefinition<string> {
  const fail = () => {
    throw new Error(`broken in ${at}`);
  };
  return {
    id: `breaks in ${at}`,
    create: () => ({
      on: at === 'map' ? { map: fail } : {},
      ...(at === 'writes' && { writes: fail }),
      finish: () => (at === 'finish' ? fail() : 'whole'),
    }),
  };
}

describe('a pass', () => {
  it('shows each event with the state before it, and writes as runs of one CPU to one page', () => {
    const all = log(['map', 'mark', 'transfer', 'read']);
    expect(runPass(drawn(TEXT), [all]).facts(all)).toEqual([
      'map 1: new',
      '1 writes from 2: 0',
      'read 3: 1',
      '1 writes from 4: 1',
      '1 writes from 5: 2',
      'mark 6: 3',
      '1 writes from 7: 3',
      '1 writes from 8: nowhere',
      'transfer 9: 4',
      'end 9',
    ]);
  });

  it('leaves out the kinds that nobody asked for, and keeps positions right', () => {
    const few = log(['transfer']);
    expect(runPass(drawn(TEXT), [few]).facts(few)).toEqual([
      '2 writes from 2: 0',
      '1 writes from 5: 2',
      '1 writes from 7: 3',
      '1 writes from 8: nowhere',
      'transfer 9: 4',
      'end 9',
    ]);
  });

  it.each([1, 2, 3, 100])('gives the same facts in chunks of %i events', (chunkEvents) => {
    const few = log(['mark', 'read']);
    const [whole, parts] = [runPass(drawn(TEXT), [few]), runPass(drawn(TEXT, { chunkEvents }), [few])];
    const writes = (facts: string[]) => facts.filter((line) => !line.includes('writes'));
    expect(writes(parts.facts(few))).toEqual(writes(whole.facts(few)));
    expect(parts.end.snapshot()).toEqual(whole.end.snapshot());
  });

  it('runs a collector once however often it is named, and two passes share nothing', () => {
    const one = log([]);
    const results = runPass(drawn(TEXT), [one, one]);
    expect(results.facts(one)).toEqual(runPass(drawn(TEXT), [one]).facts(one));
  });

  it.each(['map', 'writes', 'finish'] as const)('contains a collector that throws in %s; the others go on', (at) => {
    const [before, broken, after] = [log(['map']), breaks(at), log(['mark'])];
    const results = runPass(drawn(TEXT), [before, broken, after]);
    const alone = runPass(drawn(TEXT), [before, breaks('nowhere'), after]);
    expect(results.facts(before)).toEqual(alone.facts(before));
    expect(results.facts(after)).toEqual(alone.facts(after));
    expect(() => results.facts(broken)).toThrow(`broken in ${at}`);
  });

  it('tells its progress in events', () => {
    const progress: number[] = [];
    runPass(drawn(TEXT, { chunkEvents: 4 }), [], { onProgress: (events) => progress.push(events) });
    expect(progress).toEqual([4, 8, 9]);
  });

  it('refuses a kind that does not exist, and writes asked for as single events', () => {
    expect(() => runPass(drawn(TEXT), [log(['wirte'])])).toThrow(InvariantError);
    expect(() => runPass(drawn(TEXT), [log(['write'])])).toThrow(InvariantError);
  });
});
