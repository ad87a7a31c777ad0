/** `compare`: the same accesses under many strategies and settings, ranked, with a recommendation. */
import { Option } from 'commander';
import { UsageError } from '../../base/index.js';
import type { CriterionId, NeedId } from '../../explorer/index.js';
import type { SourceRequest } from '../../recorder/index.js';
import { costSetting, listOf, oneOf, type TlbShape, tlbShape, wholeNumber } from '../arguments.js';
import { defineCommand, interruptOf } from '../command.js';
import { printComparison, printComparisonCsv } from '../comparison-text.js';
import { counted } from '../format.js';
import { costsOf, operationIntervals, simulationRequest } from '../machine-options.js';
import { sourceOf, type SourceOptions, sourceOptions } from '../source-options.js';

interface Options extends SourceOptions {
  readonly strategies?: readonly string[];
  readonly by?: string;
  readonly need?: readonly string[];
  readonly csv?: boolean;
  readonly keep?: string;
  readonly threads?: number;
  readonly arch?: readonly string[];
  readonly cpus?: readonly number[];
  readonly tlb?: readonly TlbShape[];
  readonly harvestEvery?: readonly number[];
  readonly cost?: readonly string[];
  readonly set?: Readonly<Record<string, number>>;
  readonly vma?: string;
  readonly memory?: string;
  readonly device?: string;
  readonly mms?: number;
  readonly pageSize?: string;
  readonly populate?: 'eager' | 'lazy';
  readonly vmaGap?: number;
  readonly objectPages?: number;
  readonly seed?: number;
  readonly moveEvery?: number;
  readonly unmapEvery?: number;
}

const asItIs = (text: string): string => text;

export const compare = defineCommand<Options>({
  name: 'compare',
  group: 'Judge',
  summary: 'the same writes under many strategies and settings, ranked',
  about:
    'Plays the accesses of a trail, a log or a workload under every combination of the strategies and settings given, in memory, and ranks what comes ' +
    'of it. * marks the Pareto front of overhead, bytes and lag; ! a strategy that does not get every write to its consumer. Exit code 1 if nothing can be ' +
    'recommended. docs/choosing.md explains the columns.',
  examples: [
    { line: 'pagetrail compare a.trail', about: 'every strategy, on the writes of a trail' },
    {
      line: 'pagetrail compare --import ls.lk.gz --strategies hw-dirty,pfn-mkwrite --harvest-every 1000,10000,100000',
      about: 'two strategies, three intervals: six runs',
    },
    {
      line: 'pagetrail compare --workload zipf --writes 1000000 --need user-space --by lag',
      about: 'what a process can do by itself, the promptest first',
    },
  ],
  configure(command) {
    command
      .usage('(TRAIL | --workload NAME | --import FILE) [options]')
      .argument('[trail]', 'the trail whose accesses are played');
    sourceOptions(command)
      .optionsGroup('Comparison:')
      .option(
        '--strategies <ids>',
        'strategies with commas between, ID:VARIANT for a way of using one, or all (default: all)',
        listOf(asItIs),
      )
      .option(
        '--by <criterion>',
        'what is best: overhead, slowdown, bytes, lag, lag-p99, lag-max, stall, faults, flushes, exits, memory, lost, false-dirty (default: overhead)',
      )
      .option(
        '--need <ids>',
        'only strategies that meet it: no-struct-page, user-space, no-kernel-change, guest, process, device-writes, kernel-writes, no-copy; several with commas between',
        listOf(asItIs),
      )
      .option(
        '--threads <n>',
        'share the runs out among so many threads (default: one a core where it pays)',
        wholeNumber('--threads'),
      )
      .optionsGroup('Settings, several with commas between:')
      .option('--arch <ids>', 'architectures (default: native to each strategy)', listOf(asItIs))
      .option(
        '--cpus <n>',
        'numbers of CPUs; what was made on CPU c is played on c modulo n',
        listOf(wholeNumber('--cpus')),
      )
      .option('--tlb <setsxways>', 'shapes of the TLBs, as in 64x4,128x12', listOf(tlbShape))
      .option(
        '--harvest-every <n>',
        'writes between two harvests; 0: only at the end',
        listOf(wholeNumber('--harvest-every')),
      )
      .option(
        '--cost <profiles>',
        'cost profiles, or .json files (default: native to the architecture)',
        listOf(asItIs),
      )
      .optionsGroup('Settings of every run:')
      .addOption(new Option('--set <name=ns>', 'set one figure of the cost profile; repeatable').argParser(costSetting))
      .option('--vma <kind>', 'the kind of mapping (default: native to each strategy)')
      .option('--memory <system|device|mixed>', 'what lies behind the pages')
      .option('--device <coherent|non-coherent>', 'whether the device snoops CPU caches')
      .option('--mms <n>', 'processes that map the object', wholeNumber('--mms'))
      .option('--page-size <4k|2m>', 'map the object by entries of that size')
      .option(
        '--populate <eager|lazy>',
        'map a page at its first access without a fault, or by a fault',
        oneOf('--populate', ['eager', 'lazy']),
      )
      .option(
        '--vma-gap <pages>',
        'split the object where more than that many pages lie between',
        wholeNumber('--vma-gap'),
      )
      .option(
        '--object-pages <n>',
        'pages of the object, for strategies that go by its size',
        wholeNumber('--object-pages'),
      )
      .option('--move-every <n>', 'move the object to other memory after every n writes', wholeNumber('--move-every'))
      .option('--unmap-every <n>', 'unmap the object after every n writes', wholeNumber('--unmap-every'))
      .option('--seed <n>', 'seed of everything random', wholeNumber('--seed'))
      .optionsGroup('Output:')
      .option('--csv', 'comma-separated values, with a line of column names')
      .option('--keep <folder>', 'keep a trail of every run there');
  },
  async run(context, args, options) {
    if (options.csv === true && context.json)
      throw new UsageError({
        what: '--csv and --json are both given',
        why: 'an answer has one form',
        mend: 'leave one out',
      });
    const explorer = await import('../../explorer/index.js');
    const ids = <Id extends string>(list: ReadonlyArray<{ readonly id: Id }>) => list.map(({ id }) => id);
    const by = oneOf<CriterionId>('--by', ids(explorer.CRITERIA))(options.by ?? 'overhead');
    const needs = (options.need ?? []).map(oneOf<NeedId>('--need', ids(explorer.NEEDS)));
    const { strategies = ['all'], arch, cpus, tlb, harvestEvery, cost, ...common } = options;
    const costs = cost === undefined ? undefined : await Promise.all(cost.map(costsOf));
    const comparison = await explorer.compareRuns(
      {
        source: { ...accessesOf(args[0], options), ...operationIntervals(common) },
        common: await simulationRequest(common),
        strategies,
        ...(arch !== undefined && { archs: arch }),
        ...(cpus !== undefined && { cpus }),
        ...(tlb !== undefined && { tlbs: tlb }),
        ...(harvestEvery !== undefined && { harvestEvery }),
        ...(costs !== undefined && { costs: costs.filter((profile) => profile !== undefined) }),
        by,
        needs,
        ...(options.keep !== undefined && { keep: options.keep }),
        ...(options.threads !== undefined && { threads: options.threads }),
      },
      {
        signal: interruptOf(context),
        onProgress: (fraction, runs) => context.progress.update(fraction, () => counted(runs, 'run')),
      },
    );
    const wording = { criteria: explorer.CRITERIA, inUnit: explorer.inUnit };
    return {
      json: () => comparison,
      print: (out) =>
        options.csv === true ? printComparisonCsv(out, comparison, wording) : printComparison(out, comparison, wording),
      exitCode: comparison.recommend.strategy === null ? 1 : 0,
    };
  },
});

/** Whose accesses are played. */
function accessesOf(trail: string | undefined, options: SourceOptions): SourceRequest {
  if (trail === undefined) return sourceOf(options).source;
  const given = Object.entries({
    '--workload': options.workload,
    '--import': options.import,
    '--format': options.format,
    '--reads': options.reads,
    '--writes': options.writes,
    '--pages': options.pages,
  }).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (given.length === 0) return { trail };
  throw new UsageError({
    what: `${given.join(' and ')} does not go with ${trail}`,
    why: 'the accesses are those of the trail',
    mend: 'leave one of them out',
  });
}
