import { describe, expect, it } from 'vitest';
import { Random } from '../../base/index.js';
import { drain, textSource, type PlainAccess } from './drain.testing.js';
import { LackeyParser } from './lackey-parser.js';

/** What a log gives: accesses, time, and skipped lines. */
async function parsed(text: string, options: { reads?: boolean; random?: Random; pieceBytesMax?: number } = {}) {
  const source = textSource(
    text,
    new LackeyParser({ reads: options.reads ?? false }),
    options.random,
    options.pieceBytesMax,
  );
  const accesses = await drain(source);
  return { accesses, programNs: source.programNs, skipped: { ...source.skipped } };
}

/** Lines that the fast way takes for granted; long enough that the line under test is far from the end of the block. */
const PADDING = 'I  0401ab70,3\nI  0401ab73,5\nI  0401ab78,4\n';

const write = (address: string, size: number) => [{ address, size, isRead: false }];
const load = (address: string, size: number) => [{ address, size, isRead: true }];

describe('lines that are accesses', () => {
  it.each([
    ['a store, 10 digits', ' S 1fff000748,8', write('0x1fff000748', 8)],
    ['a store, 8 digits', ' S 04033e06,1', write('0x4033e06', 1)],
    ['a modify is one write', ' M 04033e06,4', write('0x4033e06', 4)],
    ['two digits of size', ' S 1fff000748,16', write('0x1fff000748', 16)],
    ['three digits of size', ' S 1fff000740,832', write('0x1fff000740', 832)],
    ['the largest size', ' S 1fff000740,65536', write('0x1fff000740', 65536)],
    ['8 digits and a two-digit size', ' M 0403ffff,32', write('0x403ffff', 32)],
    ['9 digits', ' S 123456789,8', write('0x123456789', 8)],
    ['11 digits', ' S 7fabcdef012,8', write('0x7fabcdef012', 8)],
    ['12 digits', ' S 7fffabcdef01,8', write('0x7fffabcdef01', 8)],
    ['a kernel address', ' S ffffffff81000abc,8', write('0xffffffff81000abc', 8)],
    ['the last byte there is', ' S ffffffffffffffff,1', write('0xffffffffffffffff', 1)],
    ['the last 16 bytes there are', ' S fffffffffffffff0,16', write('0xfffffffffffffff0', 16)],
    ['fewer digits than lackey prints', ' S 1000,8', write('0x1000', 8)],
    ['address zero', ' S 00000000,8', write('0x0', 8)],
    ['one access over a page border', ' S 04033ffc,8', write('0x4033ffc', 8)],
    ['a leading zero in the size', ' S 04033ffc,08', write('0x4033ffc', 8)],
    ['a carriage return', ' S 1fff000748,8\r', write('0x1fff000748', 8)],
    ['a load', ' L 1fff000748,8', load('0x1fff000748', 8)],
    ['a load, 8 digits, two-digit size', ' L 04033e06,16', load('0x4033e06', 16)],
    ['a load of a kernel address', ' L ffffffff81000abc,4', load('0xffffffff81000abc', 4)],
  ])('%s', async (_, line, expected) => {
    for (const text of [`${PADDING}${line}\n${PADDING}`, `${PADDING}${line}\n`, `${PADDING}${line}`]) {
      const after = text.endsWith(PADDING) ? 3 : 0;
      const all = await parsed(text, { reads: true });
      expect(all.accesses).toEqual(expected.map((access) => ({ ...access, cpu: 0, program: 4 })));
      expect(all).toMatchObject({ programNs: 4 + after, skipped: { lines: 0, firstLine: null } });
      const writes = await parsed(text);
      expect(writes.accesses).toEqual(all.accesses.filter((access) => !access.isRead));
      expect(writes.programNs).toBe(4 + after);
    }
  });
});

describe('lines that only take time', () => {
  it.each([
    ['an instruction', 'I  0401ab70,3'],
    ['an instruction of 15 bytes', 'I  0401ab70,15'],
    ['an instruction at 10 digits', 'I  1fff000748,5'],
    ['an instruction in the kernel', 'I  ffffffff81000000,5'],
    ['an instruction with letters only', 'I  abcdefab,9'],
    ['a carriage return', 'I  0401ab70,3\r'],
  ])('%s', async (_, line) => {
    for (const after of ['', PADDING]) {
      expect(await parsed(`${PADDING}${line}\n${after}`, { reads: true })).toEqual({
        accesses: [],
        programNs: after === '' ? 4 : 7,
        skipped: { lines: 0, firstLine: null },
      });
    }
  });
});

describe('lines that are harmless', () => {
  it.each([
    ['a superblock', 'SB 0401ab70'],
    ['a superblock, carriage return', 'SB 0401ab70\r'],
    ['the banner', '==31357== Lackey, an example Valgrind tool'],
    ['an empty message', '==31357== '],
    ['an empty message, trimmed', '==31357=='],
    ['the summary', '==31357==   guest instrs:  1,234,567'],
    ['a warning', '--31357-- WARNING: unhandled syscall: 999'],
    ['a message to the user', '**31357** hello'],
    ['an empty line', ''],
    ['an empty line, carriage return', '\r'],
    ['a command longer than any line kept', `==31357== Command: ${'x'.repeat(300_000)}`],
  ])('%s', async (_, line) => {
    const { accesses, ...rest } = await parsed(`${PADDING}${line}\n S 1fff000748,8\n${PADDING}`);
    expect(accesses).toEqual([{ address: '0x1fff000748', size: 8, cpu: 0, isRead: false, program: 4 }]);
    expect(rest).toEqual({ programNs: 7, skipped: { lines: 0, firstLine: null } });
  });
});

describe('lines that are skipped', () => {
  const good = [
    ['an instruction', 'I  0401ab70,3'],
    ['a store', ' S 1fff000748,8'],
    ['a store with 8 digits', ' S 0401ab70,16'],
    ['a load', ' L 0401ab70,8'],
  ] as const;
  const spoilt = good.flatMap(([name, line]) => [
    [`${name} without its size`, line.replace(/,.*/, ',')],
    [`${name} without its comma`, line.replace(/,.*/, '')],
    [`${name} of 0 bytes`, line.replace(/,.*/, ',0')],
    [`${name} of 00 bytes`, line.replace(/,.*/, ',00')],
    [`${name} of 65537 bytes`, line.replace(/,.*/, ',65537')],
    [`${name} of very many bytes`, line.replace(/,.*/, ',99999999999999999999999')],
    [`${name} with a hexadecimal size`, line.replace(/,.*/, ',a')],
    [`${name} with a negative size`, line.replace(/,.*/, ',-8')],
    [`${name} with a trailing space`, `${line} `],
    [`${name} with a letter after it`, `${line}x`],
    [`${name} with another comma`, `${line},1`],
    [`${name} with a semicolon`, line.replace(',', ';')],
    [`${name} with an upper-case digit`, line.replace(/[0-9a-f](?=,)/, 'A')],
    [`${name} with a G in front`, line.replace(/[01]/, 'g')],
    [`${name} with a slash for a digit`, line.replace(/[0-9a-f](?=,)/, '/')],
    [`${name} with a colon for a digit`, line.replace(/[0-9a-f](?=,)/, ':')],
    [`${name} with a backquote for a digit`, line.replace(/[01]/, '`')],
    [`${name} with 0x`, line.replace(/^(...)/, '$10x')],
    [`${name} with a minus`, line.replace(/^(...)./, '$1-')],
    [`${name} with a zero byte`, line.replace(/[0-9a-f](?=,)/, '\0')],
    [`${name} with zero bytes in front`, line.replace(/^(...)..../, '$1\0\0\0\0')],
    [`${name} with a byte above 127`, line.replace(/^(...)./, '$1\xb0')],
    [`${name} of 17 digits`, line.replace(/^(...).*,/, '$10123456789abcdef0,')],
    [`${name} without digits`, line.replace(/^(...).*,/, '$1,')],
    [`${name} with a blank more`, line.replace(/^(...)/, '$1 ')],
    [`${name} with a blank fewer`, line.replace(/^(..) /, '$1')],
    [`${name} beyond the end of memory`, line.replace(/^(...).*/, '$1ffffffffffffffff,2')],
    [`${name} run together with an instruction`, `${line}I  0401ab70,3`],
  ]);
  it.each([
    ...spoilt,
    ['another letter', ' X 1fff000748,8'],
    ['a small letter', ' s 1fff000748,8'],
    ['words', 'hello, world'],
    ['two bytes', 'I '],
    ['a superblock without address', 'SB '],
    ['a superblock with words', 'SB 0401ab70 x'],
    ['a message without its second mark', '==31357 hello'],
    ['a message with mixed marks', '==31357-- hello'],
    ['a message without a number', '==== hello'],
    ['a line of 300,000 bytes', 'x'.repeat(300_000)],
    ['a store and 300,000 bytes', ` S 1fff000748,8${' '.repeat(300_000)}`],
  ])('%s', async (_, line) => {
    const rest = ' S 1fff000748,8\n';
    const { accesses, ...counts } = await parsed(`${PADDING}\n${line}\n${rest}${PADDING}`, { reads: true });
    expect(accesses).toEqual([{ address: '0x1fff000748', size: 8, cpu: 0, isRead: false, program: 4 }]);
    expect(counts).toEqual({ programNs: 7, skipped: { lines: 1, firstLine: 5 } });
    // The same at the very end, without a newline.
    const last = await parsed(`${PADDING}${rest}${line}`, { reads: true });
    expect(last.accesses).toEqual(accesses);
    expect(last.skipped).toEqual({ lines: 1, firstLine: 5 });
  });
});

it.each([4_093, 4_094, 4_095, 4_096, 4_097, 4_098, 8_192])(
  'counts a line of %i bytes once, in pieces too',
  async (length) => {
    const text = `${PADDING}${'y'.repeat(length)}\n S 1fff000748,8\n==1== ${'z'.repeat(length)}\n S 1fff000748,8\n`;
    for (const random of [undefined, new Random(length), new Random(length + 1)]) {
      const { accesses, ...counts } = await parsed(text, random === undefined ? {} : { random, pieceBytesMax: 2_000 });
      expect(accesses).toHaveLength(2);
      expect(counts).toEqual({ programNs: 5, skipped: { lines: 1, firstLine: 4 } });
    }
  },
);

/** The format, as plainly as it can be said. */
function naive(text: string, reads: boolean) {
  const accesses: PlainAccess[] = [];
  const skipped: { lines: number; firstLine: number | null } = { lines: 0, firstLine: null };
  let programNs = 0;
  for (const [index, whole] of text.split('\n').entries()) {
    const line = whole.replace(/\r$/, '');
    if (line === '' || /^SB [0-9a-f]{1,16}$/.test(line) || /^(==|--|\*\*)\d{1,10}\1( |$)/.test(line)) continue;
    const found = /^(I {2}| [SLM] )([0-9a-f]{1,16}),([0-9]+)$/.exec(line);
    const size = Number(found?.[3]);
    if (found === null || size < 1 || size > 65536 || BigInt(`0x${found[2]}`) + BigInt(size) > 1n << 64n) {
      skipped.lines++;
      skipped.firstLine ??= index + 1;
      continue;
    }
    programNs++;
    const isRead = found[1] === ' L ';
    if (found[1] === 'I  ' || (isRead && !reads)) continue;
    accesses.push({ address: `0x${BigInt(`0x${found[2]}`).toString(16)}`, size, cpu: 0, isRead, program: programNs });
  }
  return { accesses, programNs, skipped };
}

/** A log of mostly good lines, with everything in it that can go wrong. */
function randomLog(random: Random): string {
  const pick = <T>(...choices: T[]): T => choices[random.below(choices.length)]!;
  const digits = (count: number) => Array.from({ length: count }, () => random.below(16).toString(16)).join('');
  const address = () => pick('04', '04', '1fff0', '') + digits(pick(6, 6, 5, 4, 8, 12, 16));
  const size = () => pick('1', '2', '3', '4', '8', '8', '16', '32', '512', `${random.below(70_000)}`);
  const line = (): string => {
    const good = `${pick('I  ', 'I  ', 'I  ', 'I  ', ' S ', ' L ', ' M ')}${address()},${size()}`;
    switch (random.below(40)) {
      case 0: {
        // one character replaced
        const at = random.below(good.length);
        return good.slice(0, at) + String.fromCharCode(random.below(256)) + good.slice(at + 1);
      }
      case 1:
        return good.slice(0, random.below(good.length)); // cut
      case 2:
        return good.slice(random.below(good.length)); // begins late
      case 3:
        return pick(
          '',
          '\r',
          `${good}\r`,
          `${good}\r\r`,
          `SB ${address()}`,
          `==${random.below(99_999)}== text`,
          'text',
        );
      case 4:
        return Array.from({ length: random.below(60) }, () => String.fromCharCode(random.below(256))).join('');
      case 5:
        return good + good;
      default:
        return good;
    }
  };
  const text = Array.from({ length: random.below(400) }, line).join('\n');
  return random.below(2) === 0 ? text : `${text}\n`;
}

describe('any text, in pieces of any size', () => {
  const seed = Number(process.env['PAGETRAIL_SEED'] ?? 1);
  it.each(Array.from({ length: 150 }, (_, round) => seed * 1_000 + round))('seed %i', async (roundSeed) => {
    const random = new Random(roundSeed);
    const text = randomLog(random);
    const reads = random.below(2) === 0;
    const expected = naive(text, reads);
    expect(await parsed(text, { reads })).toEqual(expected);
    expect(await parsed(text, { reads, random, pieceBytesMax: 1 + random.below(200) })).toEqual(expected);
  });

  it('has good and bad lines in it', () => {
    const all = Array.from({ length: 20 }, (_, round) => naive(randomLog(new Random(round)), true));
    expect(all.filter(({ accesses }) => accesses.length > 20).length).toBeGreaterThan(10);
    expect(all.filter(({ skipped }) => skipped.lines > 5).length).toBeGreaterThan(10);
  });

  it('a log of several blocks', async () => {
    const random = new Random(seed);
    const text = Array.from({ length: 150 }, () => randomLog(random)).join('\n');
    expect(text.length).toBeGreaterThan(300_000);
    const expected = naive(text, true);
    expect(await parsed(text, { reads: true })).toEqual(expected);
    expect(await parsed(text, { reads: true, random, pieceBytesMax: 300_000 })).toEqual(expected);
  });
});
