import { describe, expect, it } from 'vitest';
import { Random } from '../../base/index.js';
import { CsvParser } from './csv-parser.js';
import { drain, type PlainAccess, textSource } from './drain.testing.js';

async function parsed(text: string, options: { reads?: boolean; random?: Random } = {}) {
  const source = textSource(text, new CsvParser({ reads: options.reads ?? true }), options.random);
  const accesses = await drain(source);
  return { accesses, programNs: source.programNs, skipped: { ...source.skipped } };
}

const access = (program: number, cpu: number, address: string, size: number, isRead = false): PlainAccess => ({
  address,
  size,
  cpu,
  isRead,
  program,
});

describe('lines that are accesses', () => {
  it.each([
    ['hexadecimal', '100,0,0x7f001234,8', access(100, 0, '0x7f001234', 8)],
    ['upper case', '100,0,0X7F00ABCD,8', access(100, 0, '0x7f00abcd', 8)],
    ['decimal', '100,0,2130711092,8', access(100, 0, '0x7f001234', 8)],
    ['a write by name', '100,0,0x1000,8,w', access(100, 0, '0x1000', 8)],
    ['a load', '100,0,0x1000,8,r', access(100, 0, '0x1000', 8, true)],
    ['a load, upper case', '100,0,0x1000,8,R', access(100, 0, '0x1000', 8, true)],
    ['blanks', ' 100 ,\t3 , 0x1000 , 8 , w \r', access(100, 3, '0x1000', 8)],
    ['the last CPU', '100,254,0x1000,8', access(100, 254, '0x1000', 8)],
    ['time zero', '0,0,0x1000,8', access(0, 0, '0x1000', 8)],
    ['the last time', '4503599627370496,0,0x1000,8', access(2 ** 52, 0, '0x1000', 8)],
    ['the largest size', '100,0,0x1000,1048576', access(100, 0, '0x1000', 1048576)],
    ['a kernel address', '100,0,0xffffffff81000abc,8', access(100, 0, '0xffffffff81000abc', 8)],
    ['a kernel address in decimal', '100,0,18446744071578847932,8', access(100, 0, '0xffffffff81000abc', 8)],
    ['the last byte there is', '100,0,18446744073709551615,1', access(100, 0, '0xffffffffffffffff', 1)],
    ['leading zeros', '0100,00,0x00000000000000000001000,08', access(100, 0, '0x1000', 8)],
  ])('%s', async (_, line, expected) => {
    for (const text of [
      line,
      `${line}\n`,
      `${line}\r\n`,
      `time_ns,cpu,address,size\n${line}\n`,
      `# note\n\n${line}\n`,
    ]) {
      expect(await parsed(text)).toEqual({
        accesses: [expected],
        programNs: expected.program,
        skipped: { lines: 0, firstLine: null },
      });
    }
  });
});

describe('kinds and processes', () => {
  const all = { address: 'all', size: 0 };
  it.each([
    ['a device write', '5,0,0x1000,8,d', { kind: 'deviceWrite' }],
    ['a kernel write', '5,0,0x1000,8,K', { kind: 'kernelWrite' }],
    ['a process', '5,0,0x1000,8,w,1', { process: 1 }],
    ['process 0', '5,0,0x1000,8,w,0', {}],
    ['the last process', '5,0,0x1000,8,w , 15 ', { process: 15 }],
    ['a load of a process', '5,0,0x1000,8,r,2', { isRead: true, process: 2 }],
    ['unmap of all', '5,0,0,0,u', { kind: 'unmap', ...all }],
    ['unmap of all, wherever', '5,0,0x1234,0,u', { kind: 'unmap', ...all }],
    ['unmap of a page', '5,0,0x1000,4096,u', { kind: 'unmap', size: 4096 }],
    ['unmap of what a range touches', '5,0,0x1fff,2,u', { kind: 'unmap', size: 8192 }],
    ['move of 16 GiB', '5,0,0x1000,17179869184,m', { kind: 'move', size: 2 ** 34 }],
    ['fork of a process', '5,0,0,0,f,3', { kind: 'fork', process: 3, ...all }],
    ['split', '5,0,0x200000,2097152,S', { kind: 'split', address: '0x200000', size: 2097152 }],
    ['a harvest', '5,0,0,0,h', { kind: 'harvest', ...all }],
    ['a harvest, which is of everything', '5,0,0x1000,4096,h', { kind: 'harvest', ...all }],
  ])('%s', async (_, line, expected) => {
    expect(await parsed(`1,0,0x5000,8\n${line}\n`)).toEqual({
      accesses: [access(1, 0, '0x5000', 8), { ...access(5, 0, '0x1000', 8), ...expected }],
      programNs: 5,
      skipped: { lines: 0, firstLine: null },
    });
  });
});

describe('lines that are skipped', () => {
  it.each([
    ['too few fields', '100,0,0x1000'],
    ['too many fields', '100,0,0x1000,8,w,1,1'],
    ['an empty process', '100,0,0x1000,8,w,'],
    ['a process too large', '100,0,0x1000,8,w,16'],
    ['a process of -1', '100,0,0x1000,8,w,-1'],
    ['a process instead of a kind', '100,0,0x1000,8,,1'],
    ['an operation without a size', '100,0,0x1000,,u'],
    ['an operation beyond the end of memory', '100,0,0xfffffffffffff000,4097,u'],
    ['an operation at an earlier time of its CPU', '9,0,0,0,u'],
    ['a device write of size zero', '100,0,0x1000,0,d'],
    ['an empty field', '100,,0x1000,8'],
    ['no time', ',0,0x1000,8'],
    ['an unknown kind', '100,0,0x1000,8,x'],
    ['a kind in words', '100,0,0x1000,8,write'],
    ['an empty kind', '100,0,0x1000,8,'],
    ['size zero', '100,0,0x1000,0'],
    ['a size too large', '100,0,0x1000,1048577'],
    ['a CPU too large', '100,255,0x1000,8'],
    ['a CPU of -1', '100,-1,0x1000,8'],
    ['a time too large', '9007199254740992,0,0x1000,8'],
    ['a time with a fraction', '1.5,0,0x1000,8'],
    ['an address of 2^64', '100,0,18446744073709551616,8'],
    ['an address of 17 digits', '100,0,0x10000000000000000,8'],
    ['an access beyond the end of memory', '100,0,0xfffffffffffffff9,8'],
    ['0x alone', '100,0,0x,8'],
    ['hexadecimal without 0x', '100,0,7f001234,8'],
    ['semicolons', '100;0;0x1000;8'],
    ['a header in the middle', 'time_ns,cpu,address,size'],
    ['words', 'hello, world'],
    ['a zero byte', '100,0,0x1000,8\0'],
    ['an earlier time of its CPU', '9,0,0x1000,8'],
    ['a line of 300,000 bytes', '1'.repeat(300_000)],
  ])('%s', async (_, line) => {
    const text = `10,0,0x1000,8\n${line}\n101,0,0x2000,8\n`;
    expect(await parsed(text)).toEqual({
      accesses: [access(10, 0, '0x1000', 8), access(101, 0, '0x2000', 8)],
      programNs: 101,
      skipped: { lines: 1, firstLine: 2 },
    });
  });
});

describe('time', () => {
  it('runs for each CPU by itself', async () => {
    const { accesses, programNs, skipped } = await parsed('100,0,0,8\n50,1,0,8\n99,0,0,8\n50,1,0,8\n100,0,0,8\n');
    expect(accesses.map(({ cpu, program }) => [cpu, program])).toEqual([
      [0, 100],
      [1, 50],
      [1, 50],
      [0, 100],
    ]);
    expect(programNs).toBe(100);
    expect(skipped).toEqual({ lines: 1, firstLine: 3 });
  });

  it('counts for loads that are not delivered', async () => {
    const text = '1,0,0x1000,8,w\n7,0,0x1000,8,r\n5,0,0x1000,8,w\n';
    expect(await parsed(text, { reads: false })).toEqual({
      accesses: [access(1, 0, '0x1000', 8)],
      programNs: 7,
      skipped: { lines: 1, firstLine: 3 },
    });
  });
});

it('gives the same in pieces of any size', async () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = new Random(seed);
    const lines = Array.from({ length: 200 }, (_, row) => {
      const address = `0x${random.uint32().toString(16)}${random.below(4096).toString(16)}`;
      const good = `${row * 10 - random.below(12)},${random.below(3)},${address},${1 + random.below(64)}`;
      return random.below(10) === 0 ? good.slice(0, random.below(good.length)) : good;
    });
    const text = lines.join(random.below(2) === 0 ? '\n' : '\r\n');
    const whole = await parsed(text);
    expect(whole.accesses.length).toBeGreaterThan(100);
    expect(whole.skipped.lines).toBeGreaterThan(5);
    expect(await parsed(text, { random })).toEqual(whole);
  }
});
