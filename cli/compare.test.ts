/** `compare` as its users meet it: table, JSON, CSV, exit codes, errors. */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pagetrail, scratchFolder } from './testing.js';

const scratch = scratchFolder();
afterAll(() => scratch.remove());
const trail = scratch.path('zipf.trail');
const WORKLOAD = ['compare', '--workload', 'zipf', '--writes', '3000', '--pages', '50', '--harvest-every', '500'];
const DMA = ['compare', '--workload', 'device-and-cpu', '--writes', '2000', '--pages', '16', '--harvest-every', '200'];
const FEW = ['--strategies', 'hw-dirty,pfn-mkwrite,full-upload'];

beforeAll(async () => {
  await pagetrail(['record', ...WORKLOAD.slice(1), '-o', trail]);
});

async function answered(argv: readonly string[]): Promise<any> {
  const { stdout, stderr } = await pagetrail([...argv, '--json']);
  expect(stderr).toBe('');
  expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  return JSON.parse(stdout);
}

describe('compare', () => {
  it('answers in JSON with runs, refusals and a recommendation', async () => {
    const answer = await answered([...WORKLOAD, '--strategies', 'hw-dirty,pml,page-mkwrite', '--vma', 'pfnmap']);
    expect(Object.keys(answer)).toEqual(['source', 'by', 'needs', 'varying', 'runs', 'refused', 'recommend']);
    expect(answer.runs).toHaveLength(1);
    expect(answer.runs[0]).toMatchObject({
      rank: 1,
      strategy: 'hw-dirty',
      settings: { arch: 'x86-64', vma: 'pfnmap', cpus: 1, tlb: { sets: 128, ways: 12 }, harvestEvery: 500 },
      pareto: true,
      marks: [],
    });
    expect(answer.runs[0].cost.lagNs.samples).toBeGreaterThan(0);
    expect(answer.refused.map((refusal: { strategy: string }) => refusal.strategy)).toEqual(['pml', 'page-mkwrite']);
    expect(answer.recommend).toMatchObject({ strategy: 'hw-dirty' });
  });

  it('of a trail is that of its writes', async () => {
    const [ofTrail, ofWorkload] = [await answered(['compare', trail, ...FEW]), await answered([...WORKLOAD, ...FEW])];
    expect(ofTrail.runs).toEqual(ofWorkload.runs);
  });

  it('is a table, as wide as there is room', async () => {
    const { stdout, code } = await pagetrail([...WORKLOAD, ...FEW, '--harvest-every', '1000', '--cpus', '1,2']);
    expect(code).toBe(0);
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(/^ {3}strategy +CPUs +every +overhead +slowdown +transferred +lag/);
    expect(lines.filter((line) => /^[* ] {2}(hw-dirty|pfn-mkwrite|full-upload) /.test(line))).toHaveLength(12);
    expect(lines.every((line) => line.length <= 100)).toBe(true);
    expect(stdout).toContain('no room for ');
    expect(stdout).toMatch(/^recommend {2}\S+, \d CPUs?, every [\d,]+$/m);
  });

  it('keeps the criterion and marks what loses writes', async () => {
    const { stdout } = await pagetrail([...DMA, '--strategies', 'hw-dirty,full-upload', '--by', 'lag-max']);
    expect(stdout).toMatch(/^ {3}strategy .* lag max/);
    expect(stdout).toMatch(/^! {2}hw-dirty/m);
    expect(stdout).toMatch(
      /^! hw-dirty never learns of .*; it cannot see writes of devices, and\n {2}there are some$/m,
    );
  });

  it('is CSV on demand, with all figures', async () => {
    const { stdout } = await pagetrail([...WORKLOAD, ...FEW, '--csv']);
    const [header, ...rows] = stdout.trimEnd().split('\n');
    expect(header).toBe(
      'rank,strategy,variant,arch,vma,cpus,tlb_sets,tlb_ways,harvest_every,cost_profile,overhead_ns,slowdown,transferred_bytes,lag_ns,' +
        'lag_p99_ns,lag_max_ns,stall_ns,faults,flushes,exits,memory_bytes,lost,false_dirty,pareto,marks',
    );
    expect(rows).toHaveLength(3);
    expect(rows.every((row) => row.split(',').length === header!.split(',').length)).toBe(true);
  });

  it('keeps trails where a folder is named', async () => {
    const folder = scratch.path('kept');
    const { stdout } = await pagetrail([...WORKLOAD, ...FEW, '--keep', folder]);
    expect(stdout).toContain('3 trails kept');
    expect(existsSync(`${folder}/pfn-mkwrite.trail`)).toBe(true);
  });

  it('answers no where nothing can be recommended', async () => {
    const { code, stdout } = await pagetrail([...DMA, '--strategies', 'hw-dirty']);
    expect(code).toBe(1);
    expect(stdout).toContain('recommend  none');
  });

  it.each<[string, string[], number, string]>([
    ['no source', ['compare'], 2, 'there is nothing to play'],
    ['two sources', ['compare', trail, '--workload', 'zipf'], 2, '--workload does not go with'],
    ['a file that is not there', ['compare', 'none.trail'], 3, 'cannot read none.trail'],
    ['a strategy that is not known', [...WORKLOAD, '--strategies', 'hw-dirty,hw_dirty'], 2, "did you mean 'hw-dirty'"],
    ['a criterion that is not known', [...WORKLOAD, '--by', 'overheads'], 2, "did you mean 'overhead'"],
    ['a need that is not known', [...WORKLOAD, '--need', 'userspace'], 2, "did you mean 'user-space'"],
    ['a TLB that is none', [...WORKLOAD, '--tlb', '64'], 2, 'is not SETSxWAYS'],
    ['no CPU', [...WORKLOAD, '--cpus', '1,0'], 2, '--cpus 0'],
    ['an interval that is none', [...WORKLOAD, '--harvest-every', '-1'], 2, '--harvest-every'],
    ['no thread', [...WORKLOAD, '--threads', '0'], 2, '--threads 0 is not'],
    ['too many threads', [...WORKLOAD, '--threads', '1000'], 2, '--threads 1000 is not'],
    ['two forms', [...WORKLOAD, '--csv', '--json'], 2, 'an answer has one form'],
    ['nothing that fits', [...WORKLOAD, '--strategies', 'pml', '--arch', 'arm64'], 2, 'does not run on arm64'],
    ['needs that exclude each other', [...WORKLOAD, '--need', 'guest,process'], 2, 'nothing of it goes together'],
    [
      'a cost profile that is not there',
      [...WORKLOAD, '--cost', 'x86-64-native,none.json'],
      3,
      'there is no such file',
    ],
    ['a workload that is not known', ['compare', '--workload', 'zip'], 2, "did you mean 'zipf'"],
  ])('refuses %s', async (_, argv, code, expected) => {
    const ran = await pagetrail(argv);
    expect(ran.stderr).toContain(expected);
    expect([ran.code, ran.stdout]).toEqual([code, '']);
  });

  it('ends at once when interrupted', async () => {
    const ran = await pagetrail(['compare', '--workload', 'zipf', '--writes', '400000'], { interruptAfterMs: 0 });
    expect(ran.code).toBe(130);
    expect(ran.stdout).toBe('');
  });
});
