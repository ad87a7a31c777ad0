/**
 * Checkpoints tell what changed since the one before. Put on top of each other, they must be the machine's whole state, whatever machine it
 * is: processes that share frames and part again, guests, huge entries.
 */
import { expect, it } from 'vitest';
import { Random } from '../base/index.js';
import { configure, Simulation } from '../simulator/index.js';
import { changesSince } from '../traces/index.js';
import { Mirror, rowsOf } from './mirror.js';
import { drawMachine } from './whole-machines.js';

const SEEDS = Array.from({ length: 80 }, (_, i) => 1000 + i);
const seen = new Set<string>();

it.each(SEEDS)('seed %i', (seed) => {
  const drawn = drawMachine(seed);
  if (drawn === null) return;
  const random = new Random(seed);
  const simulation = new Simulation(configure({ objectPages: 64, ...drawn.request }), () => {});
  const mirror = new Mirror();
  const { program } = drawn;
  for (let at = 0; at < program.length; ) {
    const to = Math.min(program.length, at + 1 + random.below(seed % 3 === 0 ? 4 : 60));
    simulation.play(program, at, to);
    simulation.settle();
    at = to;
    const state = simulation.checkpoint();
    const whole = changesSince(null, simulation.snapshot());
    const expected = rowsOf(whole.changed);
    expect(rowsOf(state.changed).map(([space, page]) => mirror.told(space!, page!))).toEqual(
      rowsOf(state.changed).map((_, row) => [state.before.frame[row], state.before.generation[row]]),
    );
    expect(mirror.take(state.changed)).toEqual(expected);
    expect(state).toMatchObject({ seq: whole.seq, harvests: whole.harvests, shared: whole.shared, tlbs: whole.tlbs });
    if (state.changed.rows < expected.length) seen.add('part');
    if (whole.shared.frame.length > 0) seen.add('shared');
  }
});

it('pages change, and share frames', () => {
  expect([...seen].sort()).toEqual(['part', 'shared']);
});
