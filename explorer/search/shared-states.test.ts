/** States that several add to one memory, against a Set of strings. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../base/index.js';
import { SharedStates } from './shared-states.js';
import { BLOCK_STATES, hashOf, memoryOfBlock, memoryOfSlots } from './state-store.js';
import { Visited } from './visited.js';

const WORDS = 2;

function drawn(random: Random): Int32Array {
  return Int32Array.of(random.below(300), random.below(300));
}

/** Words of the states in rows that were taken. */
function wordsIn(states: SharedStates, rows: readonly number[]): string[] {
  const into = new Int32Array(WORDS);
  const words: string[] = [];
  for (let row = 0; row < rows.length; row += 2) {
    for (let at = 0; at < rows[row + 1]!; at++) {
      states.read(rows[row]! + at, into);
      words.push(into.join());
    }
  }
  return words;
}

describe('SharedStates', () => {
  it('takes a state once, whoever adds it, before and after slots are moved', () => {
    const visited = new Visited(WORDS);
    const random = new Random(3);
    const known = new Set<string>();
    for (let i = 0; i < 1000; i++) {
      const state = drawn(random);
      visited.add(state);
      known.add(state.join());
    }
    const threads = [0, 1, 2].map(() => new SharedStates(WORDS, visited.memory));
    const [first] = threads;
    const blocks = Array.from({ length: 6 }, () => memoryOfBlock(WORDS));
    threads.forEach((states, at) => states.addBlocks(blocks, [1 + at, 4 + at]));
    let slots = 2 ** 14;
    const found: string[] = [];
    for (let i = 0; i < 150_000; i++) {
      if (i === 6000 || i === 12_000 || i === 25_000 || i === 50_000) {
        slots *= 2;
        const larger = memoryOfSlots(slots);
        threads.forEach((states, part) => states.moveTo(larger, part, threads.length));
      }
      const state = drawn(random);
      const states = threads[random.below(threads.length)]!;
      const before = states.added;
      states.addHashed(state, hashOf(state, WORDS));
      if (states.added - before !== (known.has(state.join()) ? 0 : 1)) expect.fail(`${state.join()} at ${i}`);
      if (states.added > before) found.push(state.join());
      known.add(state.join());
      if (i % 1000 === 0)
        expect(found.splice(0).toSorted()).toEqual(threads.flatMap((one) => wordsIn(one, one.takeRows())).toSorted());
    }
    expect(visited.count + threads.reduce((sum, { added }) => sum + added, 0)).toBe(known.size);
    expect(known.size).toBeGreaterThan(50_000);
    expect(first!.memory.slots.byteLength).toBe(slots * 8);
  });

  it('goes on in the next of its blocks, and says how much room there is', () => {
    const memory = { slots: memoryOfSlots(2 ** 18), blocks: [] };
    const states = new SharedStates(1, memory);
    const add = (word: number) => states.addHashed(Int32Array.of(word), hashOf(Int32Array.of(word), 1));
    expect(states.free).toBe(0);
    states.addBlocks([memoryOfBlock(1), memoryOfBlock(1), memoryOfBlock(1)], [0, 2]);
    expect(states.free).toBe(2 * BLOCK_STATES);
    for (let i = 0; i < BLOCK_STATES + 10; i++) add(i);
    add(5);
    expect(states.free).toBe(BLOCK_STATES - 10);
    expect(states.takeRows()).toEqual([0, BLOCK_STATES, 2 * BLOCK_STATES, 10]);
    expect(states.takeRows()).toEqual([]);
  });
});
