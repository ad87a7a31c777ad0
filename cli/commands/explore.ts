/** `explore`: every interleaving of a small program under a strategy, or of a scenario: is a write lost in any of them? */
import { existsSync, readFileSync } from 'node:fs';
import { Option } from 'commander';
import { InputError, UsageError } from '../../base/index.js';
import type { ExploreOptions, LitmusTarget, Target } from '../../explorer/index.js';
import type { SimulationRequest } from '../../simulator/index.js';
import { defined, oneOf, repeated, wholeNumber } from '../arguments.js';
import { type Answer, type Context, defineCommand, interruptOf } from '../command.js';
import { exploration, FORMS, type Form } from '../exploration.js';
import { count, rate } from '../format.js';
import { mutationTable } from '../mutation-table.js';
import { repairs } from '../repairs.js';
import { sampled } from '../sampled.js';
import { trackersName } from '../trackers.js';

interface Options {
  readonly strategy?: string;
  readonly variant?: string;
  readonly mutate?: readonly string[];
  readonly guest?: string;
  readonly host?: string;
  readonly monitor?: string;
  readonly arch?: string;
  readonly vma?: string;
  readonly device?: string;
  readonly walker?: string;
  readonly cpus?: number;
  readonly pages?: number;
  readonly writes?: number;
  readonly harvests?: number;
  readonly evictions?: number;
  readonly output?: string;
  readonly as?: Form;
  readonly reduce?: boolean;
  readonly count?: boolean;
  readonly threads?: number;
  readonly repair?: boolean;
  readonly random?: number;
  readonly depth?: number;
  readonly seed?: number;
  readonly maxStates?: number;
  readonly maxSeconds?: number;
  readonly maxMemory?: number;
}

/** What a strategy is asked by, and a scenario settles itself. */
const PROGRAM_OPTIONS = [
  'mutate',
  'guest',
  'host',
  'monitor',
  'vma',
  'device',
  'walker',
  'cpus',
  'pages',
  'writes',
  'harvests',
  'evictions',
] as const;
const BYTES_PER_MIB = 2 ** 20;

export const explore = defineCommand<Options>({
  name: 'explore',
  group: 'Judge',
  summary: 'search every interleaving of a small program for a lost write',
  about:
    'Runs the code of a strategy, or of a scenario, through every interleaving of its steps with the stores of a few CPUs. Exit code ' +
    '0 if all of them are safe; 1 if one is not, or if the search was stopped before it had seen all.',
  examples: [
    { line: 'pagetrail explore check-then-protect', about: 'a scenario; `pagetrail list scenarios` names them' },
    {
      line: 'pagetrail explore --strategy pfn-mkwrite --mutate all',
      about: 'which steps of its protocol are necessary?',
    },
    {
      line: 'pagetrail explore clear-without-flush --as litmus > ce.litmus',
      about: 'the counterexample as text, which `pagetrail explore ./ce.litmus` performs again',
    },
  ],
  configure(command) {
    command
      .usage('(SCENARIO | FILE | --strategy ID) [options]')
      .argument('[scenario]', 'a scenario (see `pagetrail list scenarios`), or a litmus file')
      .option('--variant <buggy|fixed>', 'the form of the scenario (or of the strategy, where it has several)')
      .option('--arch <id>', 'the architecture (default: the first that the scenario or strategy runs on)')
      .optionsGroup('Strategy:')
      .option('--strategy <id>', 'the tracking strategy; see `pagetrail list strategies`')
      .option(
        '--mutate <id>',
        'switch a defect into it; repeatable; see `pagetrail list mutations`; all: each in turn',
        repeated,
      )
      .option('--guest <id>', 'the strategy inside a virtual machine')
      .option('--host <id>', 'the strategy of its monitor')
      .option('--monitor <id>', 'how guest memory is translated; see `pagetrail list monitors`')
      .option('--vma <kind>', 'the kind of mapping (default: native to the strategy)')
      .option('--device <coherent|non-coherent>', 'whether the device snoops CPU caches (default: coherent)')
      .option('--walker <recheck|blind>', 'whether the hardware looks at an entry again when it sets D')
      .optionsGroup('Program:')
      .option('--cpus <n>', 'CPUs that store (default: 2)', wholeNumber('--cpus'))
      .option('--pages <n>', 'pages (default: 1)', wholeNumber('--pages'))
      .option('--writes <n>', 'stores of each CPU (default: 2)', wholeNumber('--writes'))
      .option('--harvests <n>', 'harvests (default: 2)', wholeNumber('--harvests'))
      .option(
        '--evictions <n>',
        'TLB entries that CPUs may lose by themselves (default: 0)',
        wholeNumber('--evictions'),
      )
      .optionsGroup('Search:')
      .option('--reduce', 'take steps together that nobody can tell apart: fewer states, the same verdict')
      .option('--count', 'count the interleavings however many states there are')
      .option('--max-states <n>', 'stop after so many states', wholeNumber('--max-states'))
      .option('--max-seconds <n>', 'stop after so many seconds', wholeNumber('--max-seconds'))
      .option('--max-memory <MiB>', 'stop when states take that much memory', wholeNumber('--max-memory'))
      .option('--threads <n>', 'share a large search out among so many threads (default: 1)', wholeNumber('--threads'))
      .option(
        '--random <runs>',
        'try so many random schedules instead, where every one is too much',
        wholeNumber('--random'),
      )
      .option(
        '--depth <n>',
        'with --random: events whose order a bug may depend on (default: 3)',
        wholeNumber('--depth'),
      )
      .option('--seed <n>', 'with --random: seed of the schedules (default: 1)', wholeNumber('--seed'))
      .option('--repair', 'look for the single changes that make it safe, the cheapest first')
      .optionsGroup('Output:')
      .addOption(
        new Option('--as <table|mermaid|litmus>', 'how the counterexample is shown (default: table)').argParser(
          oneOf('--as', FORMS),
        ),
      )
      .option('-o, --output <trail>', 'the trail of the counterexample (default: NAME.trail in the current folder)');
  },
  async run(context, args, options) {
    const explorer = await import('../../explorer/index.js');
    if (options.mutate?.includes('all')) return everyMutation(context, args[0], options);
    const litmus = args[0] !== undefined && isFile(args[0]) ? await litmusIn(args[0], options) : null;
    const target = litmus ?? (await targetOf(args[0], options));
    const form = options.as ?? 'table';
    if (litmus !== null && litmus.schedule !== null) {
      const found = explorer.performed(litmus.setting, litmus.schedule, litmus.reduce);
      return exploration(context, target, found, trailOf(context, target, options), form);
    }
    const signal = interruptOf(context);
    if (options.repair) {
      const onTried = (done: number, of: number) => context.progress.update(done / of, () => `${count(of)} changes`);
      const found = await explorer.repair(target.setting, {
        ...defined({ maxStates: options.maxStates }),
        signal,
        onTried,
      });
      context.progress.end();
      return repairs(target, found, signal.aborted);
    }
    if (options.random !== undefined) {
      const { random: runs, seed = 1, depth } = options;
      const onProgress = (done: number) => context.progress.update(done / runs, () => `${count(done)} schedules`);
      const found = await explorer.sample(target.setting, { seed, runs, ...defined({ depth }), signal, onProgress });
      context.progress.end();
      return sampled(context, target, found, seed, trailOf(context, target, options), form);
    }
    const { threads = 1 } = options;
    const found = await explorer.exploreInThreads(explorer.specOf(target), {
      ...searchOptions(options),
      threads,
      ...(litmus?.reduce && { reduce: true }),
      signal,
      onProgress: (progress) => context.progress.update(null, () => progressText(progress)),
    });
    context.progress.end();
    return exploration(context, target, found, trailOf(context, target, options), form);
  },
});

/** `--mutate all`: each step of the strategy's protocol without it. */
async function everyMutation(context: Context, scenario: string | undefined, options: Options): Promise<Answer> {
  const { mutateAll, PROGRAM_DEFAULTS } = await import('../../explorer/index.js');
  const strategy = options.strategy ?? options.host;
  if (scenario !== undefined || strategy === undefined || options.mutate!.length > 1 || options.guest !== undefined)
    throw new UsageError({
      what: '--mutate all does not fit',
      why: 'it goes through every defect of one strategy, which it is to be told',
      mend: 'use --strategy ID --mutate all',
    });
  const { arch, vma, device, variant, maxStates, cpus, pages, writes, harvests, evictions } = options;
  const size = defined({ cpus, pages, writes, harvests, evictions });
  const signal = interruptOf(context);
  let done = 0;
  const all = await mutateAll({
    strategy,
    machine: defined({ arch, vma, device, variant }),
    ...defined({ maxStates }),
    ...(Object.keys(size).length > 0 && { sizes: [{ ...PROGRAM_DEFAULTS, ...size }] }),
    signal,
    onRow: (row) => context.progress.update(null, () => `${++done} defects, the last ${row.mutation ?? row.step}`),
  });
  context.progress.end();
  return mutationTable(all, signal.aborted);
}

/** A scenario has a name without a dot or slash; whatever has one is a file. */
function isFile(name: string): boolean {
  return /[./]/.test(name);
}

async function litmusIn(path: string, options: Options): Promise<LitmusTarget> {
  const given = [...PROGRAM_OPTIONS, 'strategy', 'variant', 'arch'] as const;
  refuse(
    given.filter((name) => options[name] !== undefined),
    'a litmus file',
  );
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new InputError(
      {
        what: `cannot read ${path}`,
        why: (error as Error).message,
        mend: 'name a file that `pagetrail explore --as litmus` printed, or a scenario',
      },
      { cause: error },
    );
  }
  const { litmusTarget } = await import('../../explorer/index.js');
  return litmusTarget(text);
}

function refuse(names: readonly string[], what: string): void {
  if (names.length === 0) return;
  throw new UsageError({
    what: `${names.map((name) => `--${name}`).join(' and ')} does not go with ${what}`,
    why: `${what} settles its machine and its program itself`,
    mend: `leave it out, or leave out ${what} and explore a strategy`,
  });
}

async function targetOf(scenario: string | undefined, options: Options): Promise<Target> {
  const { scenarioTarget, strategyTarget, programOf } = await import('../../explorer/index.js');
  const { strategy, guest, host, variant, arch } = options;
  if (scenario !== undefined) {
    refuse(
      (['strategy', ...PROGRAM_OPTIONS] as const).filter((name) => options[name] !== undefined),
      'a scenario',
    );
    return scenarioTarget(scenario, variant, arch);
  }
  if (strategy === undefined && guest === undefined && host === undefined)
    throw new UsageError({
      what: 'there is nothing to explore',
      mend: 'name a scenario (`pagetrail list scenarios`), or a strategy with --strategy ID',
    });
  const { mutate, monitor, vma, device, walker } = options;
  const machine = defined({ strategy, guest, host, monitor, arch, vma, device, walker, variant, mutations: mutate });
  const { cpus, pages, writes, harvests, evictions } = options;
  for (const [name, value, most] of [
    ['cpus', cpus, 6],
    ['pages', pages, 6],
    ['evictions', evictions, 7],
  ] as const) {
    const least = name === 'evictions' ? 0 : 1;
    if (value === undefined || (value >= least && value <= most)) continue;
    throw new UsageError({
      what: `--${name} ${value} is out of range`,
      why: `a search goes through ${least} to ${most}; more have too many interleavings for anybody to wait for`,
      mend: 'record larger programs with --interleave fine and many seeds instead',
    });
  }
  return strategyTarget(programOf(machine as SimulationRequest, defined({ cpus, pages, writes, harvests, evictions })));
}

function searchOptions({ reduce, count: counts, maxStates, maxSeconds, maxMemory }: Options): ExploreOptions {
  return defined({
    reduce,
    count: counts,
    maxStates,
    maxSeconds,
    maxBytes: maxMemory === undefined ? undefined : maxMemory * BYTES_PER_MIB,
  });
}

/** Where the trail of a counterexample goes, should there be one. */
function trailOf(context: Context, target: Target, { output }: Options): () => string {
  return () => {
    if (output !== undefined) return output;
    const { scenario, variant, mutations } = target;
    const name = [
      scenario ?? trackersName(target),
      ...(variant === null ? [] : [variant]),
      ...(scenario === null ? mutations : []),
    ];
    const path = `${name.join('.').replaceAll(/[ :]/g, '-')}.trail`;
    context.notice(`the counterexample goes to ${path}${existsSync(path) ? ', in place of the one there' : ''}`);
    return path;
  };
}

function progressText({
  states,
  statesPerSecond,
  frontier,
  depth,
}: Parameters<NonNullable<ExploreOptions['onProgress']>>[0]): string {
  return `${count(states)} states  ${rate(statesPerSecond, 'states')}  ${count(frontier)} to go on from  depth ${depth}`;
}
