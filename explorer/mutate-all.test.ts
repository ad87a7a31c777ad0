/** What strategies declare of their defects, against every interleaving of small programs. */
import { describe, expect, it } from 'vitest';
import { STRATEGIES } from '../simulator/index.js';
import { mutateAll, type MutationRow } from './mutate-all.js';
import { type ProgramSize, sizesOf } from './mutation-trials.js';

describe.each(STRATEGIES)('$id', (definition) => {
  const { id, steps, mutations } = definition;
  // The largest programs are for the command: they take most of the time, and show the same but where a defect needs them.
  const isLarge = ({ cpus, pages, harvests, evictions }: ProgramSize) =>
    pages > 1 || evictions > 0 || (cpus > 1 && harvests > 2 && id !== 'kvm-dirty-log');
  const sizes = sizesOf(definition).filter((size) => !isLarge(size));
  const sideBySide = { cpus: 2, pages: 2, writes: 1, harvests: 1, evictions: 0 };

  it('loses writes by every defect where it says that it bites, and by no other', async () => {
    const { rows, protocol } = await mutateAll({ strategy: id, sizes: [...sizes, sideBySide] });
    expect([...new Set(rows.map(({ step }) => step))]).toEqual(steps.map(({ step }) => step));
    expect(rows.flatMap(({ mutation }) => mutation ?? [])).toEqual(mutations.map((mutation) => mutation.id));
    const explored = rows.filter(({ found }) => found !== null);
    expect(explored.filter(({ agrees }) => !agrees)).toEqual([]);
    for (const row of explored) expect(row).toMatchObject(row.found === 'none' ? SAFE : LOST);
    for (const row of rows.filter(({ found }) => found === null)) expect(row.note).toMatch(/^n/);
    expect(explored.every(({ exhaustive }) => exhaustive)).toBe(true);
    // As it is, the protocol loses nothing in those programs: but for the order of locks of vmwgfx, and never when operations run to completion.
    expect(protocol.filter(({ losesInTurns }) => losesInTurns)).toEqual([]);
    const losing = protocol.filter(({ verdict }) => verdict !== 'safe').map(({ program }) => program.harvests);
    expect(losing).toEqual(id === 'adaptive' ? [6] : []);
  });
});

const LOST: Partial<MutationRow> = {
  verdict: 'lost-write',
  counterexample: { steps: expect.any(Number) as number, preemptions: expect.any(Number) as number },
};
const SAFE: Partial<MutationRow> = { verdict: 'safe', counterexample: null };

it('says which defects a small machine cannot have, and which steps have none', async () => {
  const { rows } = await mutateAll({ strategy: 'bounce-buffer', maxStates: 1 });
  const notes = rows
    .filter(({ verdict }) => verdict === null)
    .map(({ step, mutation, note }) => [step, mutation, note]);
  const noDevice = 'not explored: a search has no device with an MMU of its own';
  expect(notes).toEqual([
    ['notify', 'no-notifier', noDevice],
    ['notify', 'notifier-end-before-flush', noDevice],
    ['copy', null, 'no defect declared'],
  ]);
});

it('says nothing of what it had no time for', async () => {
  const sizes = [{ cpus: 2, pages: 1, writes: 2, harvests: 1, evictions: 0 }];
  const { rows } = await mutateAll({ strategy: 'page-mkwrite', sizes, maxStates: 1000 });
  const row = rows.find(({ mutation }) => mutation === 'plain-rmw')!;
  expect(row).toMatchObject({ found: 'none', verdict: 'bounded', exhaustive: false });
  expect(row.note).toBe(
    'nothing was found, and not every state was seen, up to 2 CPUs, 1 page, 2 writes each, 1 harvest',
  );
});

it.each([
  ['hw-dirty', 'plain-rmw', 'no hardware sets D on s390x'],
  ['hw-dirty', 'no-flush', 'on s390x the instruction that changes an entry flushes it'],
  // Its flushes are all that lies between the transfer and the change of the last entry.
  ['hw-dirty-wp', 'transfer-first', 'on s390x the instruction that changes an entry flushes it'],
])('on s390x does not explore %s %s', async (strategy, mutation, why) => {
  const sizes = [{ cpus: 1, pages: 1, writes: 1, harvests: 1, evictions: 0 }];
  const { rows } = await mutateAll({ strategy, machine: { arch: 's390x' }, sizes });
  expect(rows.find((row) => row.mutation === mutation)!.note).toBe(`not explored: ${why}`);
});

it('takes nothing for a loss by a defect that the protocol has as it is', async () => {
  const sizes = [{ cpus: 1, pages: 1, writes: 4, harvests: 6, evictions: 0 }];
  const { rows } = await mutateAll({ strategy: 'adaptive', sizes });
  const found = Object.fromEntries(rows.map(({ mutation, found: where, note }) => [mutation, where ?? note]));
  expect(found).toMatchObject({
    'no-interval': 'coarse',
    'flush-first': 'not explored: the protocol as it is loses in each of these programs',
  });
});

it('finds what the consumer lacks though it comes for every page every time', async () => {
  const { rows } = await mutateAll({ strategy: 'full-upload' });
  expect(rows).toMatchObject([{ mutation: 'no-cache-flush', found: 'coarse', counterexample: { preemptions: 0 } }]);
});
