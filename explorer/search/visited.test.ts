/** The store of a search against a Map of strings. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../base/index.js';
import { hashOf, Visited } from './visited.js';

/** What is told of a state: its number, and how many there are afterwards. */
function addBoth(states: Iterable<Int32Array>, words: number) {
  const visited = new Visited(words);
  const known = new Map<string, number>();
  for (const state of states) {
    const key = state.join();
    const expected = known.get(key) ?? known.size;
    const before = visited.find(state);
    if (before !== (known.get(key) ?? -1)) expect.fail(`state ${key} is found as ${before}`);
    known.set(key, expected);
    const number = visited.add(state);
    if (number !== expected) expect.fail(`state ${key} gets number ${number} instead of ${expected}`);
  }
  expect(visited.count).toBe(known.size);
  const into = new Int32Array(words);
  for (const [key, number] of known) {
    visited.read(number, into);
    if (into.join() !== key) expect.fail(`number ${number} is ${into.join()} instead of ${key}`);
    if (visited.find(into) !== number) expect.fail(`state ${key} is not found again`);
  }
  return visited;
}

/** Random states, of which some come again. */
function* drawn(words: number, count: number, values: number, seed: number) {
  const random = new Random(seed);
  for (let i = 0; i < count; i++) yield Int32Array.from({ length: words }, () => random.below(values));
}

/** All states that differ from one in a single bit, and that one. */
function* neighbours(words: number, from: Int32Array) {
  yield from;
  for (let bit = 0; bit < 32 * words; bit++) {
    const state = from.slice();
    state[bit >> 5]! ^= 1 << (bit & 31);
    yield state;
  }
}

describe('Visited', () => {
  it.each([
    { words: 1, values: 120_000 },
    { words: 2, values: 400 },
    { words: 3, values: 50 },
    { words: 7, values: 6 },
  ])('numbers states of $words words in the order in which they come, through growth', ({ words, values }) => {
    const visited = addBoth(drawn(words, 120_000, values, words), words);
    // More than a block of states, and more than a table as it is at first.
    expect(visited.count).toBeGreaterThan(2 ** 16);
  });

  it.each([1, 2, 5])('tells states of %i words apart by any single bit', (words) => {
    const random = new Random(7);
    for (let i = 0; i < 50; i++) {
      const from = Int32Array.from({ length: words }, () => random.uint32() | 0);
      expect(addBoth(neighbours(words, from), words).count).toBe(1 + 32 * words);
    }
  });

  it('tells states apart that have the same hash', () => {
    const byHash = new Map<number, Int32Array[]>();
    for (const state of drawn(2, 300_000, 2 ** 32, 1)) {
      const hash = hashOf(state, 2);
      const same = byHash.get(hash);
      if (same === undefined) byHash.set(hash, [state]);
      else same.push(state);
    }
    const colliding = [...byHash.values()].filter((states) => states.length > 1).flat();
    expect(colliding.length).toBeGreaterThanOrEqual(6);
    expect(addBoth([...colliding, ...colliding], 2).count).toBe(colliding.length);
  });

  it('tells states apart that fall into the same slots', () => {
    // The low bits of a hash choose the slot; 2^12 slots at first.
    const crowded: Int32Array[] = [];
    for (const state of drawn(1, 1_500_000, 2 ** 32, 2)) if ((hashOf(state, 1) & 0xfff) >= 0xffe) crowded.push(state);
    expect(crowded.length).toBeGreaterThan(500);
    addBoth(crowded, 1);
  });

  it('holds more bytes as it grows', () => {
    const visited = new Visited(3);
    const before = visited.bytes;
    for (const state of drawn(3, 100_000, 2 ** 32, 3)) visited.add(state);
    // A state of three words, and two words for each of at least as many slots.
    expect(visited.bytes).toBeGreaterThan(before + 100_000 * (3 + 2) * 4);
  });
});
