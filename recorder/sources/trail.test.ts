/** A trail gives back what was played into it: the same accesses and operations, of the same processes. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { SimulationRequest } from '../../simulator/index.js';
import { OPERATIONS } from '../../traces/index.js';
import { record } from '../record.js';
import { replay } from '../replay.js';
import { drain, type PlainAccess } from './drain.testing.js';
import { openImport, openTrail } from './index.js';

const folder = mkdtempSync(join(tmpdir(), 'pagetrail-trail-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function log(name: string, lines: readonly string[]): string {
  const path = join(folder, `${name}.csv`);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

async function accessesOf(path: string): Promise<PlainAccess[]> {
  const source = path.endsWith('.csv') ? await openImport({ path, reads: true }) : openTrail({ path, reads: true });
  try {
    return await drain(source, 3);
  } finally {
    source.close();
  }
}

/** Accesses of a log, of its recording, and of the recording of that under another strategy. */
async function thrice(lines: readonly string[], request: SimulationRequest, then: SimulationRequest = {}) {
  const path = log('accesses', lines);
  const [once, twice] = [join(folder, 'once.trail'), join(folder, 'twice.trail')];
  await record({ ...request, output: once, source: { import: path, reads: true } });
  await replay({ ...then, trail: once, output: twice });
  return { first: await accessesOf(path), second: await accessesOf(once), third: await accessesOf(twice) };
}

describe('the accesses of a trail', () => {
  const all = Array.from({ length: 12 }, (_, row) => `${row},0,${0x10000 + row * 4096},${row === 5 ? 9000 : 8}`);

  it.each([
    ['writes and loads', [...all, '20,0,0x10000,8,r', '21,1,0x11000,4096,w']],
    ['writes of devices and of the kernel', [...all, '20,0,0x10000,8,d', '21,0,0x11000,8,k']],
    ['unmap', [...all, '20,0,0,0,u', '21,0,0x10000,8', '22,0,0x10000,8192,u', '23,0,0x11000,8,w']],
    ['move', [...all, '20,0,0,0,m', '21,0,0x10000,8', '22,0,0x12000,4096,m', '23,0,0x12000,8']],
    ['harvests', [...all, '20,0,0,0,h', '20,0,0,0,h', '21,0,0x10000,8', '22,0,0x10000,8,h']],
    [
      'an operation on both sides of an access over a border',
      ['1,0,0x10ff8,16', '2,0,0,0,u', '3,0,0x10ff8,16', '4,0,0,0,u'],
    ],
    ['an operation at the end', [...all, '20,0,0,0,u']],
    ['several processes', [...all, '20,1,0x10000,8,w,1', '21,2,0x10000,8,w,2', '22,1,0x10000,8,r,1', '23,1,0,0,u,1']],
    ['forks', [...all, '20,0,0,0,f', '21,1,0x10000,8,w,1', '22,1,0,0,f,1', '23,2,0x10000,8,w,2']],
  ])('%s', async (_, lines) => {
    const { first, second, third } = await thrice(
      lines,
      { vma: 'shared-file', harvestEvery: 5 },
      { strategy: 'page-mkwrite' },
    );
    expect(first).toHaveLength(lines.length);
    expect(second).toEqual(first);
    expect(third).toEqual(first);
  });

  it('splits of huge entries', async () => {
    const { first, second, third } = await thrice([...all, '20,0,0x10000,2097152,s', '21,0,0,0,s'], { pageSize: '2m' });
    expect(second).toEqual(first);
    expect(third).toEqual(first);
  });

  it.each([
    ['inside of a guest', { guest: 'hw-dirty', host: 'kvm-dirty-log' }],
    ['seen from outside', { strategy: 'kvm-dirty-log' }],
  ])('%s are of process 0', async (_, request) => {
    const { first, second } = await thrice([...all, '20,0,0,0,h', '21,1,0x10000,8'], request);
    expect(second).toEqual(first);
  });

  it('of a machine of two processes keep theirs', async () => {
    const { second, third } = await thrice(['1,0,0x10000,8', '2,1,0x10000,8', '3,2,0x10000,8'], { mms: 2 });
    expect(second.map(({ process }) => process ?? 0)).toEqual([0, 1, 0]);
    expect(third).toEqual(second);
  });
});

it('knows every operation by the order of its code', () => {
  expect(OPERATIONS).toEqual(['unmap', 'move', 'fork', 'split', 'harvest']);
});

it('has the operations that were put in, and a replay puts in none again', async () => {
  const [once, twice] = [join(folder, 'put.trail'), join(folder, 'put-again.trail')];
  const source = { workload: 'zipf', writes: 100, pages: 8, moveEvery: 30, unmapEvery: 50 };
  await record({ vma: 'shared-file', output: once, source });
  await replay({ trail: once, output: twice, strategy: 'page-mkwrite' });
  const accesses = await accessesOf(once);
  expect(accesses.flatMap(({ kind }, at) => (kind === undefined ? [] : `${at} ${kind}`))).toEqual([
    '30 move',
    '51 unmap',
    '62 move',
    '93 move',
    '104 unmap',
  ]);
  expect(await accessesOf(twice)).toEqual(accesses);
});

it('ends where an access cannot be, and says so; format version 1 is read as any other', async () => {
  // Events of every kind with fields at random: nothing that a machine could have done.
  const source = openTrail({
    path: fileURLToPath(new URL('../../traces/golden/v1.trail', import.meta.url)),
    reads: true,
  });
  const accesses = await drain(source);
  source.close();
  expect(source.failure?.message).toMatch(/v1.trail cannot be played from event \d+ on/);
  expect(accesses.length).toBeLessThan(20);
  for (const { size } of accesses) expect(size).toBeLessThanOrEqual(4096);
});
