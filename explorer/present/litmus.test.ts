/** Litmus files: what is written is read back the same, and what is wrong is said with its line. */
import { describe, expect, it } from 'vitest';
import { InputError, Random } from '../../base/index.js';
import { STRATEGIES } from '../../simulator/index.js';
import { perform } from '../execution.js';
import { RULES } from '../rules.js';
import type { StrategyProgram } from '../strategy-scenario.js';
import { litmusText } from './litmus.js';
import { type Litmus, settingOf } from './litmus-format.js';
import { parseLitmus } from './litmus-parse.js';
import { forms, randomWay } from './testing.js';

describe('a litmus file is read back as it was written', () => {
  it.each(forms())('$name, random ways (seed 4)', ({ id, variant, arch, setting }) => {
    const random = new Random(4);
    for (const reduce of [false, true]) {
      const schedule = randomWay(setting, reduce, random);
      const expects = RULES[random.below(RULES.length)]!.id;
      const litmus: Litmus = { scenario: id, strategyProgram: null, variant, arch, reduce, schedule, expects };
      expect(parseLitmus(litmusText(litmus))).toEqual(litmus);
      expect(parseLitmus(litmusText({ ...litmus, schedule: null, expects: 'safe' }))).toEqual({
        ...litmus,
        schedule: null,
        expects: 'safe',
      });
    }
  });

  it.each(STRATEGIES.map(({ id }) => id))('the program of %s, a random way (seed 5)', (strategy) => {
    const random = new Random(5);
    const strategyProgram: StrategyProgram = {
      machine: { strategy, objectPages: 2, cpus: 1, mutations: [], deviceMmu: false },
      cpus: 2,
      pages: 2,
      writes: 1,
      harvests: 1,
      evictions: 1,
    };
    const program = { scenario: null, strategyProgram, variant: null, arch: null, reduce: false };
    const schedule = randomWay(settingOf(program), false, random);
    const litmus: Litmus = { ...program, schedule, expects: 'lost-write' };
    const read = parseLitmus(litmusText(litmus));
    expect({ ...read.strategyProgram, machine: { ...read.strategyProgram!.machine } }).toEqual(strategyProgram);
    expect(read.schedule).toEqual(schedule);
    expect(perform(settingOf(read), read.schedule!, read.reduce).steps.length).toBe(schedule.length);
  });
});

it('is a page to read', () => {
  const program = { scenario: 'check-then-protect', strategyProgram: null, variant: null, arch: 'x86-64' };
  expect(
    `\n${litmusText({ ...program, reduce: false, schedule: [1, 1, 0], expects: 'lost-write' })}`,
  ).toMatchInlineSnapshot(`
    "
    pagetrail litmus 1
    scenario=check-then-protect
    arch=x86-64

    # At first:
    #   page 0 (0x10000): P W A
    #   TLB cpu0: W
    # Then:
    #   cpu0: store to page 0; store to page 0
    #   reclaim: drop page 0 if clean
    # Assuming that
    #   the page-table lock is held from the first look to the drop, and fault handlers take it
    #   the entry is protected by one atomic update
    #   a CPU acts on a flush only between two instructions

    schedule
    reclaim                   # 1 lock page table
    reclaim                   # 2 pte load: P W A
    cpu0                      # 3 lookup: hit W

    exists (lost-write)
    "
  `);
});

describe('a program whose CPUs do different things', () => {
  const strategyProgram: StrategyProgram = {
    machine: { strategy: 'hw-dirty', mutations: ['no-collect'] },
    cpus: 2,
    pages: 2,
    writes: 0,
    harvests: 1,
    evictions: 0,
    does: [
      [
        { does: 'store', page: 0 },
        { does: 'unmap', page: null },
        { does: 'load', page: 1 },
      ],
      [
        { does: 'kernel-write', page: 1 },
        { does: 'move', page: 0 },
      ],
    ],
    decides: ['elided-flush'],
  };
  const litmus: Litmus = {
    scenario: null,
    strategyProgram,
    variant: null,
    arch: null,
    reduce: false,
    schedule: null,
    expects: 'lost-write',
  };

  it('is read back as it was written', () => {
    const text = litmusText(litmus);
    expect(text).toContain('cpu0=store 0, unmap all, load 1\ncpu1=kernel-write 1, move 0\ndecides=elided-flush\n');
    expect(text).toContain('#   cpu0: store to page 0; unmap all pages; load from page 1');
    expect(parseLitmus(text)).toEqual(litmus);
    const random = new Random(6);
    const schedule = randomWay(settingOf(litmus), false, random);
    expect(parseLitmus(litmusText({ ...litmus, schedule }))).toEqual({ ...litmus, schedule });
  });

  const lines = litmusText(litmus);
  it.each([
    ['a CPU that is not there', lines.replace('cpus=2', 'cpus=1'), 'line 9: there is no such CPU among 1'],
    ['a CPU that is left out', lines.replace(/cpu1=.*\n/, ''), "line 1: 'cpu1' is missing"],
    ['a deed that is none', lines.replace('unmap all', 'unmake all'), "line 8: 'store 0, unmake all, load 1' is not"],
    ['a page that is not there', lines.replace('load 1', 'load 2'), "line 8: 'store 0, unmap all, load 2' is not"],
    ['an access to all pages', lines.replace('load 1', 'load all'), "line 8: 'store 0, unmap all, load all' is not"],
    [
      'a number of stores beside it',
      lines.replace('cpus=2', 'cpus=2\nwrites=2'),
      "line 5: 'writes' is for CPUs that do",
    ],
    ['a rule that is none', lines.replace('decides=elided', 'decides=eluded'), "line 10: 'eluded-flush' is no rule"],
  ])('%s is said with its line', (_, text, message) => {
    expect(() => parseLitmus(text)).toThrow(message);
  });
});

describe('what is wrong with a litmus file is said with its line', () => {
  const head = 'pagetrail litmus 1\n';
  const scenario = `${head}scenario=check-then-protect\n`;
  const program = `${head}machine.strategy=hw-dirty\ncpus=1\npages=1\nwrites=1\nharvests=1\nevictions=0\n`;
  it.each([
    ['an empty file', '', 'line 1: this is no litmus file'],
    ['another file', 'hello\n', 'line 1: this is no litmus file'],
    ['another version', 'pagetrail litmus 2\nforall (safe)\n', 'line 1: litmus files of version 2'],
    ['a header alone', head, 'line 1: the file ends after its header'],
    ['no condition', scenario, "line 2: 'scenario=check-then-protect' is no condition"],
    ['a condition that cannot be', `${scenario}forall (lost-write)`, "line 3: 'forall (lost-write)' cannot be asked"],
    ['an unknown rule', `${scenario}exists (lost-writ)`, "line 3: 'lost-writ' is no rule; did you mean 'lost-write'?"],
    [
      'an unknown scenario',
      `${head}scenario=check-then-protekt\nforall (safe)`,
      "line 2: 'check-then-protekt' is no scenario; did you mean 'check-then-protect'?",
    ],
    [
      'an unknown key',
      `${scenario}\n# a remark\narhc=arm64\nforall (safe)`,
      "line 5: 'arhc' is no key; did you mean 'arch'?",
    ],
    ['a key twice', `${scenario}arch=x86-64\narch=x86-64\nforall (safe)`, "line 4: 'arch' is given twice"],
    [
      'an architecture that is not asked about',
      `${scenario}arch=s390x\nforall (safe)`,
      "line 3: 's390x' is no architecture of this scenario",
    ],
    ['a variant of none', `${scenario}variant=buggy\nforall (safe)`, 'line 3: check-then-protect has no variants'],
    ['a word in between', `${scenario}cpu0\nforall (safe)`, "line 3: 'cpu0' is not understood"],
    ['a scenario with a size', `${scenario}cpus=2\nforall (safe)`, "line 3: 'cpus' is for strategies"],
    ['no program', `${head}cpus=2\nforall (safe)`, 'line 1: the file names no program'],
    ['a missing number', `${head}machine.strategy=hw-dirty\ncpus=1\nforall (safe)`, "line 1: 'pages' is missing"],
    ['a number that is none', `${program}machine.seed=x\nforall (safe)`, "line 8: 'machine.seed' is 'x'"],
    [
      'too many CPUs',
      `${program.replace('cpus=1', 'cpus=99')}forall (safe)`,
      "line 3: 'cpus' is 99; a search takes 1 to 8",
    ],
    ['a flag that is none', `${program}reduce=maybe\nforall (safe)`, "line 8: 'maybe' is neither true nor false"],
    ['an unknown strategy', `${program.replace('hw-dirty', 'hw-dirtee')}forall (safe)`, 'lines 2 to 7: '],
    [
      'an unknown choice',
      `${scenario}schedule\ncpu7\nexists (lost-write)`,
      "line 4: 'cpu7' is no choice of this program; did you mean 'cpu0'?",
    ],
    [
      'a choice that is not possible',
      `${scenario}schedule\ncpu0\nack reclaim@cpu0\nexists (lost-write)`,
      "line 5: 'ack reclaim@cpu0' is not possible here",
    ],
  ])('%s', (_, text, message) => {
    let error: unknown = null;
    try {
      parseLitmus(text);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).message).toContain(message);
  });
});

it('passes over remarks, empty lines and the ends of lines of other systems', () => {
  const text =
    'pagetrail litmus 1 # small\r\n\r\n# none\r\nscenario = check-then-protect\r\nschedule\r\n  reclaim  # 1\r\nexists ( lost-write )\r\n';
  expect(parseLitmus(text)).toMatchObject({ scenario: 'check-then-protect', schedule: [1], expects: 'lost-write' });
});
