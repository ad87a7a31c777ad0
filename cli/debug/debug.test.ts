/** Sessions without a terminal: commands in, text out, over drawn trails. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EVENT_KINDS } from '../../traces/index.js';
import type { EventSource } from '../../replayer/index.js';
import { drawn } from '../../replayer/testing/drawn.js';
import { Output } from '../output.js';
import { pagetrail, scratchFolder } from '../testing.js';
import { Bookmarks } from './bookmarks.js';
import { DEBUG_COMMANDS } from './commands/index.js';
import { Interpreter } from './interpreter.js';
import { historyPath, readHistory, writeHistory } from './line-history.js';
import { runScript, scriptLines } from './script.js';
import { Session } from './session.js';

const scratch = scratchFolder();
afterAll(() => scratch.remove());

const TRAIL = `
  map 16 @100
  pte 16 PW map
  pte 16 PWDA walker
  tlb-fill 16 WD slot=0
  write 16                 # 5
  write 16
  fault 17 WU write-protect cpu1
  harvest-begin 1
  pte 16 PWA clean
  mark 16+4 bitmap set     # 10
  transfer 16
  mark 16+4 bitmap clear
  flush-ack 16 range
  harvest-end 1
  tlb-fill 16 W slot=0     # 15
  pte 16 PWDA walker
  tlb-update 16 WD slot=0
  cpu1 tlb-fill 40 W slot=3
  write 16
  write 40 cpu1            # 20
`;

/** The transcript of these commands, one a line. */
async function transcript(source: EventSource, commands: string): Promise<string> {
  const texts: string[] = [];
  const out = new Output(
    {
      write(text, done) {
        texts.push(text);
        done();
      },
    },
    {},
  );
  const lines = commands
    .trim()
    .split('\n')
    .map((text, index) => ({ text: text.trim(), place: `line ${index + 1}`, typed: true }));
  await runScript(lines, new Interpreter(new Session(source)), out, {
    interruption: { wanted: false, begin() {}, end() {}, pause: () => Promise.resolve(false) },
    notice: () => {},
    keep: false,
  });
  return texts.join('').trimEnd();
}

/** Where each command of a line came to: the seqs after "at". */
async function ways(commands: string, chunkEvents = 1024): Promise<number[]> {
  const text = await transcript(drawn(TRAIL, { chunkEvents }), commands.replaceAll('; ', '\n'));
  return [...text.matchAll(/^at (\d+) /gm)].map(([, seq]) => Number(seq));
}

describe('moving', () => {
  it.each<[string, number[]]>([
    ['step; step 3; rstep; rstep 2', [1, 4, 3, 1]],
    ['step 99; step; rstep 99; rs', [20, 20, 0, 0]],
    ['s; n; rs', [1, 2, 1]],
    ['continue; rcontinue', [20, 0]],
    [
      'run-to end; run-to start; run-to 0x10; run-to harvest:1; run-to time:110; run-to 50%; run-to 0%; run-to 100%',
      [20, 0, 16, 14, 2, 10, 0, 20],
    ],
    ['run-to 10; run-to +3; run-to -5', [10, 13, 8]],
    ['step 4; bookmark here; run-to end; goto here; run-to here', [4, 20, 4, 4]],
    ['break write; c; c; c; c; c; rc; rc; rc', [5, 6, 19, 20, 20, 19, 6, 5]],
    ['break write page=40; c; c; rc', [20, 20, 0]],
    ['break any cpu=1; c; c; c', [7, 18, 20]],
    ['break fault; break harvest-end; c; c; c; rc; rc', [7, 14, 20, 14, 7]],
    ['break mark value=clear; c; rc', [12, 0]],
    ['break pte cause=clean; c', [9]],
    ['break tlb-fill flags=WD; c; c', [4, 20]],
    ['break any page=17..18; c; c; c; c', [7, 10, 12, 20]],
    ['break any page=0x28+1; c; c', [18, 20]],
    ['break write time>=280; c', [19]],
    ['break fault handler=write-protect error=WU; c', [7]],
    ['watch pte 16 dirty; c; c; c; c; rc', [3, 9, 16, 20, 16]],
    ['watch tlb 0 16; c; c; c; c; c', [4, 13, 15, 17, 20]],
    ['watch mark bitmap 18; c; c; rc', [10, 12, 10]],
    ['watch mark pte-dirty 16; c; c', [3, 9]],
    ['watch stale 16; c; c; c; c; rc', [5, 11, 19, 20, 19]],
    ['watch page 17; c; c; c', [7, 10, 12]],
    ['watch pte 16 dirty; watch stale 16; c; delete 1; c; delete all; c', [3, 5, 20]],
  ])('%s', async (commands, expected) => {
    for (const chunkEvents of [3, 1024]) expect(await ways(commands, chunkEvents)).toEqual(expected);
  });

  it('an empty line repeats the last move, and nothing else', async () => {
    const text = await transcript(drawn(TRAIL), 'step 2\n\n\nwhere\n\nstep\n');
    expect(text.split('\n').filter((line) => line.startsWith('> '))).toEqual([
      '> step 2',
      '> step 2',
      '> step 2',
      '> where',
      '> step',
    ]);
  });
});

describe('what is said', () => {
  it.each([
    ['steps', 'step\nstep 4\nstep\nrun-to 10\nstep\nrun-to 13\nrun-to 15'],
    [
      'stops',
      'break write page=16\nwatch pte 16 dirty\nwatch tlb 0 16\nwatch stale 16\nc\nc\nc\nrc\ninfo breaks\ndelete 2 3\ninfo',
    ],
    ['the machine', 'run-to 10\nwhere\nlist . 5\ntlb\ntlb 1\npte 16\npage 16\nmarks\nstale\nrun-to 9\ntlb 0\nstale'],
    ['history', 'run-to end\nlast page 16\nlast pte 16 dirty\nlast tlb 0 16\nlast mark bitmap 17\nlast tlb 3 16'],
    [
      'places',
      'bookmarks\nstep 5\nbookmark first the first write\nbookmark later\nbookmarks\nunbookmark later\ngoto first',
    ],
    ['help', 'help\nhelp watch\nhelp b\ninfo trail'],
  ])('%s', async (_, commands) => {
    expect(await transcript(drawn(TRAIL), commands)).toMatchSnapshot();
  });

  it.each([
    ['findings', 'findings', ['2  stale-tlb-write (info)  seq 20']],
    ['one finding', 'findings 2', ['stale-tlb-write (info, proved)', 'seq 20: ', 'cause: ', 'fix: ']],
    ['no such finding', 'findings 99', ["error: there is no finding '99'"]],
    ['causes of a finding', 'why', ['decided-before-flush:1', 'cause: ']],
    ['causes of the event here', 'run-to 13\nwhy', ['event 13', 'began harvest 1', 'cause: ']],
    ['causes of another', 'why 5', ['event 5', 'cause: ']],
    [
      'why a page is as it is here',
      'run-to 13\nwhy 0x10\nwhy page 16',
      ['> why 0x10\npage 0x10 after event 13', 'is clean'],
    ],
    ['no such event', 'why 99', ['error: event 99 is not in the trail']],
    ['what has no causes', 'why nonsense', ["error: 'nonsense' is nothing that can be asked about"]],
  ])('%s', async (_, commands, expected) => {
    const text = await transcript(drawn(TRAIL), commands);
    for (const part of expected) expect(text).toContain(part);
  });

  it('in a trail of several spaces asks which is meant, where that is not clear', async () => {
    const source = drawn('map 16\n map 16 space=1\n map 20 space=1\n write 20 space=1');
    const text = await transcript(source, 'run-to end\nwatch page 16\nwatch page 16 space=1\npage 20\npage 16 space=0');
    expect(text).toContain('error: page 0x10 is in the spaces 0, 1');
    expect(text).toContain('mend: add space=0');
    expect(text).toContain('watchpoint 1, watch page 16 space=1');
    expect(text).toContain('page 0x14 of space 1');
    expect(text).toContain('page 0x10 of space 0');
  });

  it('in an empty trail', async () => {
    const text = await transcript(
      drawn(''),
      'where\nstep\nrstep\nlist\nc\nrc\ntlb\nmarks\nstale\nrun-to 1\nbreak write\nc',
    );
    expect(text).toContain('no events');
    expect(text).toContain('error: event 1 is not in the trail');
    expect(text).not.toContain('bug');
  });
});

describe('what is not understood', () => {
  it.each([
    ['stpe', "'stpe' is not a command", "did you mean 'step'?"],
    ['bookm x', "'bookm' may be bookmark, bookmarks", 'write a letter more'],
    ['step -1', "'-1' is not a number of events", 'a whole number from 1'],
    ['step 0', "'0' is not a number of events", 'a whole number from 1'],
    ['step 1 2', "'2' is one word too many", 'write `step [N]`'],
    ['continue 5', "'5' is one word too many", 'write `continue`'],
    ['run-to', 'a position is missing', 'for instance'],
    ['run-to 21', 'event 21 is not in the trail', '0 (before the first) to 20'],
    ['run-to 101%', "'101%' is not a position", 'SEQ, start, end'],
    ['run-to harvest:9', 'harvest 9 is not in the trail', '1 to 1'],
    ['run-to +100', 'event 100 is not in the trail', 'its events'],
    ['break', 'what to stop at is missing', 'break fault page=0x10'],
    ['break flt', "'flt' is not a kind of event", 'see `help break`'],
    ['break falt', "'falt' is not a kind of event", "did you mean 'fault'?"],
    ['break fault 0x10', "'0x10' is not a condition", 'FIELD=VALUE'],
    ['break fault page=x', "'x' is not a page number", 'divided by 4096'],
    ['break fault page=5..4', "'5..4' is not a range of pages", 'FIRST..LAST'],
    ['break fault page=5+0', "'5+0' is not a range of pages", 'FIRST..LAST'],
    ['break fault page>5', "fault has no field 'page' to compare", 'page=0x10'],
    ['break fault handler=write-protct', "'write-protct' is not a value of handler", "did you mean 'write-protect'?"],
    ['break fault cause=clean', "fault has no field 'cause'", 'it has page, cpu'],
    ['break write size=big', "'big' is not a value of size", 'it may be a number'],
    ['break write cpu=-2', "'-2' is not a CPU", '`device`'],
    ['watch', 'what to watch is missing', 'pte, tlb, mark, page, stale'],
    ['watch pt 16', "'pt' cannot be watched", "did you mean 'pte'?"],
    ['watch pte', 'a page is missing', 'decimal or 0x-hex'],
    ['watch pte 16 dirt', "'dirt' is not a bit of an entry", "did you mean 'dirty'?"],
    ['watch tlb x 16', "'x' is not a CPU", 'a number from 0'],
    ['watch mark bitmp 16', "carrier 'bitmp' is not one of", "did you mean 'bitmap'?"],
    ['watch pte 16 space=7', "there is no space '7'", 'spaces 0 to 1'],
    ['watch pte 99999999999999999999', "'99999999999999999999' is not a page number", '0x-hex'],
    ['delete', 'a number is missing', 'delete all'],
    ['delete 7', 'there is no breakpoint 7', 'none is set'],
    ['delete x', "'x' is not the number of a stop", '`info breaks`'],
    ['info nothing', "there is no info about 'nothing'", 'info breaks'],
    ['tlb 99999', "'99999' is not a CPU", '`device`'],
    ['pte 77', 'the trail has not spoken of page 0x4d', 'a later position'],
    ['last', 'a subject is missing', 'page, pte, tlb, mark'],
    ['last stale 16', "'stale' has no history", 'page, pte, tlb, mark'],
    ['last tlb 0 16 9', "'9' is one word too many", 'write `last tlb CPU PAGE`'],
    ['goto nowhere', "there is no bookmark 'nowhere'", '`bookmarks`'],
    ['bookmark', 'the name of a bookmark is missing', 'bookmark NAME'],
    ['bookmark 12', "'12' is no name for a bookmark", 'begins with a letter'],
    ['tui', 'full screen needs a terminal', '--tui'],
    ['help stp', "'stp' is not a command", "did you mean 'step'?"],
  ])('%s', async (command, what, more) => {
    const text = await transcript(drawn(TRAIL), command);
    expect(text).toContain(`error: ${what}`);
    expect(text).toContain(more);
  });
});

describe('completion', () => {
  const session = new Session(drawn(TRAIL));
  session.goTo(10);
  session.bookmarks.set({ name: 'first', seq: 5, note: '' });
  session.setStop({ kind: 'stale', space: 0, page: 16 }, 'watch stale 16');
  const interpreter = new Interpreter(session);
  it.each([
    ['ru', ['run-to']],
    ['book', ['bookmark', 'bookmarks']],
    ['break fl', ['flush-queue', 'flush-send', 'flush-ack']],
    ['b pte ca', ['cause=']],
    ['break pte cause=cl', ['cause=clean']],
    ['break mark value=', ['value=set', 'value=clear']],
    ['break any actor=', ['actor=thread']],
    ['break any page=', ['page=0x10', 'page=0x11', 'page=0x28']],
    ['watch ', ['pte', 'tlb', 'mark', 'page', 'stale']],
    ['watch mark pm', ['pml-buffer']],
    ['watch mark bitmap ', ['0x10', '0x11', '0x28']],
    ['watch pte 0x10 d', ['dirty']],
    ['tlb ', ['0']],
    ['goto f', ['first']],
    ['delete ', ['1', 'all']],
    ['last t', ['tlb']],
    ['help rs', ['rstep']],
    ['nonsense x', []],
  ])('of %j', (line, expected) => {
    expect(interpreter.complete(line)[0]).toEqual(expected);
  });
});

describe('the list of commands', () => {
  it('has each name and alias once, and every example is understood', async () => {
    const names = DEBUG_COMMANDS.flatMap(({ name, aliases }) => [name, ...aliases]);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, usage, examples } of DEBUG_COMMANDS) {
      expect(usage.startsWith(name)).toBe(true);
      for (const example of examples) expect(example.startsWith(name), example).toBe(true);
      if (['run-to', 'goto', 'unbookmark', 'findings', 'tui', 'list', 'delete'].includes(name)) continue;
      const text = await transcript(
        drawn(`${TRAIL}\n${TRAIL.replaceAll('harvest-begin 1', 'harvest-begin 2')}`),
        `run-to end\n${examples.join('\n')}`,
      );
      expect(text).not.toContain('error:');
    }
  });

  it('completes every kind of event', () => {
    const interpreter = new Interpreter(new Session(drawn('')));
    expect(interpreter.complete('break ')[0]).toEqual(['any', ...EVENT_KINDS.map(({ kind }) => kind)]);
  });
});

describe('bookmarks', () => {
  const path = scratch.path('a.trail');
  it('are kept beside the trail and seen by the next session', () => {
    const first = new Bookmarks(path);
    const second = new Bookmarks(path);
    expect(second.all).toEqual([]);
    first.set({ name: 'late', seq: 9, note: '' });
    first.set({ name: 'early', seq: 3, note: 'a note' });
    second.set({ name: 'late', seq: 7, note: 'moved' });
    const expected = [
      { name: 'early', seq: 3, note: 'a note' },
      { name: 'late', seq: 7, note: 'moved' },
    ];
    expect(new Bookmarks(path).all).toEqual(expected);
    expect(JSON.parse(readFileSync(`${path}.bookmarks`, 'utf8'))).toEqual({ version: 1, bookmarks: expected });
    second.remove('late');
    expect(new Bookmarks(path).all.map(({ name }) => name)).toEqual(['early']);
  });

  it.each([
    ['no JSON', '{', 'cannot be read'],
    ['of a newer version', '{"version": 2, "bookmarks": []}', 'a newer version of pagetrail wrote it'],
    ['something else', '[1]', 'it is no list of bookmarks'],
    ['with a bad entry', '{"version": 1, "bookmarks": [{"name": "x"}]}', 'has no name, seq or note'],
  ])('a file that is %s is refused and left alone', (_, content, why) => {
    const file = scratch.path('bad.trail.bookmarks');
    writeFileSync(file, content);
    const bookmarks = new Bookmarks(scratch.path('bad.trail'));
    expect(() => bookmarks.all).toThrow(why);
    expect(() => bookmarks.set({ name: 'x', seq: 1, note: '' })).toThrow(why);
    expect(readFileSync(file, 'utf8')).toBe(content);
  });

  it('that cannot be kept are an error that says what to do', () => {
    const bookmarks = new Bookmarks(scratch.path('no-such-folder/a.trail'));
    expect(() => bookmarks.set({ name: 'x', seq: 1, note: '' })).toThrow(/cannot be kept.*make the folder/);
    expect(bookmarks.all).toEqual([]);
  });
});

describe('the history of lines', () => {
  it('is kept where XDG says', () => {
    expect(historyPath({ XDG_STATE_HOME: '/state' })).toBe('/state/pagetrail/history');
    expect(historyPath({ HOME: '/home/me' })).toBe('/home/me/.local/state/pagetrail/history');
    expect(historyPath({ XDG_STATE_HOME: 'relative', HOME: '/home/me' })).toBe(
      '/home/me/.local/state/pagetrail/history',
    );
    const path = historyPath({ XDG_STATE_HOME: scratch.path('state') });
    writeHistory(path, ['newest', 'oldest']);
    expect(readHistory(path)).toEqual(['newest', 'oldest']);
  });

  it('disturbs nobody where it cannot be', () => {
    writeFileSync(scratch.path('file'), '');
    const path = historyPath({ XDG_STATE_HOME: scratch.path('file') });
    expect(() => writeHistory(path, ['a'])).not.toThrow();
    expect(readHistory(path)).toEqual([]);
    expect(readHistory(null)).toEqual([]);
  });
});

describe('on the command line', () => {
  const trail = scratch.path('run.trail');
  beforeAll(async () => {
    const argv = ['record', '--workload', 'zipf', '--writes', '2000', '--pages', '32', '--harvest-every', '500'];
    expect((await pagetrail([...argv, '--mutate', 'no-flush', '-o', trail])).code).toBe(0);
  });

  it('reads a pipe to its end, and says which line it did not understand', async () => {
    const ran = await pagetrail(['debug', trail], { stdin: 'step\nbraek write\n\n# a remark\nrun-to harvest:1\n' });
    expect(ran.code).toBe(2);
    expect(ran.stdout).toMatch(
      /^> step\nat 1 .*\n[^]*> braek write\nerror: 'braek' is not a command[^]*> run-to harvest:1\nat \d+ /,
    );
    expect(ran.stderr).toBe('note: line 2 was not understood: braek write\n');
    expect(ran.stdout).not.toContain('\x1b');
  });

  it('is fine when all was understood, and ends at quit', async () => {
    const ran = await pagetrail(['debug', trail], { stdin: 'step\nquit\nnonsense\n' });
    expect([ran.code, ran.stderr]).toEqual([0, '']);
    expect(ran.stdout).toMatch(/> quit\n$/);
    expect((await pagetrail(['debug', trail], { stdin: '' })).code).toBe(0);
  });

  it('performs -x and --command, in that order', async () => {
    const file = scratch.path('commands.txt');
    writeFileSync(file, 'break harvest-end\ncontinue\n\nnonsense\n');
    const ran = await pagetrail(['debug', trail, '-x', file, '--command', 'where', '--command', 'stale'], {
      stdin: 'not read',
    });
    expect(ran.code).toBe(2);
    expect(ran.stdout.split('\n').filter((line) => line.startsWith('> '))).toEqual([
      '> break harvest-end',
      '> continue',
      '> nonsense',
      '> where',
      '> stale',
    ]);
    expect(ran.stderr).toBe(`note: line 4 of ${file} was not understood: nonsense\n`);
  });

  it('is one object with --json', async () => {
    const ran = await pagetrail(['debug', trail, '--json', '--command', 'run-to 5', '--command', 'oops'], {});
    expect(ran.code).toBe(2);
    const answer = JSON.parse(ran.stdout);
    expect(answer).toMatchObject({ trail, seq: 5 });
    expect(answer.commands.map(({ command, understood }: never) => [command, understood])).toEqual([
      ['run-to 5', true],
      ['oops', false],
    ]);
    expect(answer.commands[0].output[0]).toMatch(/^at 5 /);
  });

  it('keeps bookmarks beside the trail, which stays as it was', async () => {
    const before = readFileSync(trail);
    expect((await pagetrail(['debug', trail, '--command', 'run-to 7', '--command', 'bookmark seven'])).code).toBe(0);
    expect(existsSync(`${trail}.bookmarks`)).toBe(true);
    expect((await pagetrail(['debug', trail, '--command', 'goto seven'])).stdout).toContain('at 7 ');
    expect(readFileSync(trail).equals(before)).toBe(true);
  });

  it('exits with 3 when a bookmark cannot be kept', async () => {
    const folder = scratch.path('locked');
    mkdirSync(folder);
    writeFileSync(`${folder}/a.trail`, readFileSync(trail));
    // A folder in the place of the file stops root too.
    mkdirSync(`${folder}/a.trail.bookmarks.new`);
    chmodSync(folder, 0o555);
    const ran = await pagetrail(['debug', `${folder}/a.trail`, '--command', 'bookmark x', '--command', 'step']);
    chmodSync(folder, 0o755);
    expect(ran.code).toBe(3);
    expect(ran.stdout).toContain('error: the bookmark cannot be kept');
    expect(ran.stdout).toContain('> step\nat 1 ');
  });

  it.each([
    [['--tui'], {}, '--tui needs a terminal', 2],
    [['--tui'], { terminal: true }, '--tui needs a terminal', 2],
    [['-x', '/no/such/file'], {}, 'cannot read the commands in /no/such/file', 3],
  ])('refuses %j', async (options, surroundings, what, code) => {
    const ran = await pagetrail(['debug', trail, ...options], surroundings);
    expect([ran.code, ran.stdout]).toEqual([code, '']);
    expect(ran.stderr).toContain(what);
  });
});

it('scripts do not repeat on empty lines', () => {
  expect([...scriptLines(['a', ''], (index) => `line ${index}`)].map(({ typed }) => typed)).toEqual([false, false]);
});
