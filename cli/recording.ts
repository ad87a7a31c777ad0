/** What `record` and `replay` share: the options of a run, how far it is, and what came of it. */
import { existsSync, readFileSync } from 'node:fs';
import { Option, type Command } from 'commander';
import { InputError, PagetrailError } from '../base/index.js';
import type { RecordHooks, RecordResult } from '../recorder/index.js';
import type { SimulationRequest } from '../simulator/index.js';
import { costSetting, oneOf, repeated, wholeNumber } from './arguments.js';
import type { Answer, Context } from './command.js';
import { errorText } from './errors.js';
import { bytes, count, counted, rate, seconds } from './format.js';
import type { Output as Text } from './output.js';

/** The options of commander, by its names. */
export interface MachineOptions {
  readonly output?: string;
  readonly strategy?: string;
  readonly arch?: string;
  readonly vma?: string;
  readonly cpus?: number;
  readonly seed?: number;
  readonly mutate?: readonly string[];
  readonly cost?: string;
  readonly set?: Readonly<Record<string, number>>;
  readonly harvestEvery?: number;
  readonly populate?: 'eager' | 'lazy';
  readonly interleave?: 'coarse' | 'fine';
  readonly vmaGap?: number;
  readonly objectPages?: number;
  readonly tlbSets?: number;
  readonly tlbWays?: number;
}

/** Declares them. `defaults` says in the help what an option is when left out. */
export function machineOptions(command: Command, defaults: (value: string) => string): Command {
  return command
    .optionsGroup('Tracking:')
    .option('--strategy <id>', `the tracking strategy; see \`pagetrail list strategies\` (${defaults('hw-dirty')})`)
    .option(
      '--harvest-every <n>',
      `harvest after that many writes; 0: only at the end (${defaults('100000')})`,
      wholeNumber('--harvest-every'),
    )
    .option('--mutate <id>', 'switch a defect into the strategy; repeatable; see `pagetrail list mutations`', repeated)
    .optionsGroup('Machine:')
    .option('--arch <id>', 'the architecture; see `pagetrail list architectures` (default: native to the strategy)')
    .option('--vma <kind>', 'the kind of mapping; see `pagetrail list vmas` (default: native to the strategy)')
    .option('--cpus <n>', 'number of CPUs (default: as many as the source needs)', wholeNumber('--cpus'))
    .option(
      '--populate <eager|lazy>',
      `map a page at its first access without a fault, or by a fault (${defaults('eager')})`,
      oneOf('--populate', ['eager', 'lazy']),
    )
    .option(
      '--interleave <coarse|fine>',
      `run kernel operations to completion, or interleave their steps (${defaults('coarse')})`,
      oneOf('--interleave', ['coarse', 'fine']),
    )
    .option('--seed <n>', `seed of everything random (${defaults('1')})`, wholeNumber('--seed'))
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
    .option('--tlb-sets <n>', `sets of each TLB (${defaults('128')})`, wholeNumber('--tlb-sets'))
    .option('--tlb-ways <n>', `ways of each TLB (${defaults('12')})`, wholeNumber('--tlb-ways'))
    .optionsGroup('Costs:')
    .option(
      '--cost <profile>',
      `what each step costs: a profile of \`pagetrail list costs\` or a .json file (${defaults('native to the architecture')})`,
    )
    .addOption(new Option('--set <name=ns>', 'set one figure of the cost profile; repeatable').argParser(costSetting))
    .optionsGroup('Output:')
    .option('-o, --output <trail>', 'the trail to write (default: SOURCE.STRATEGY.trail in the current folder)');
}

/** What was asked of the machine; what was left out stays left out. */
export async function simulationRequest(options: MachineOptions): Promise<SimulationRequest> {
  const asked = {
    strategy: options.strategy,
    arch: options.arch,
    vma: options.vma,
    mutations: options.mutate,
    seed: options.seed,
    cpus: options.cpus,
    harvestEvery: options.harvestEvery,
    populate: options.populate,
    interleave: options.interleave,
    tlbSets: options.tlbSets,
    tlbWays: options.tlbWays,
    cost: await costsOf(options.cost),
    costOverrides: options.set,
    vmaGapPages: options.vmaGap,
    objectPages: options.objectPages,
  };
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
}

/** A profile of the user's own where a file is named, else the id that was given. */
async function costsOf(cost: string | undefined): Promise<SimulationRequest['cost']> {
  if (cost === undefined || !cost.endsWith('.json')) return cost;
  const { parseCostProfile } = await import('../simulator/index.js');
  try {
    return parseCostProfile(readFileSync(cost, 'utf8'), cost);
  } catch (error) {
    if (error instanceof PagetrailError) throw error;
    const why = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : (error as Error).message;
    const mend = 'check the path; the profiles that ship are named without .json, see `pagetrail list costs`';
    throw new InputError({ what: `cannot read the cost profile ${cost}`, why, mend }, { cause: error });
  }
}

/** Where the trail goes. */
export interface Output {
  readonly path: string;
  /** What to tell of a path that was not asked for. */
  readonly notice: string | null;
}

/** The trail to write: as given, or named after the source, the strategy and its mutations. */
export async function outputOf(given: string | undefined, source: string, request: SimulationRequest): Promise<Output> {
  const { configure } = await import('../simulator/index.js');
  // A strategy or option that cannot be is refused here, before a name is made of it.
  const { strategy, mutations } = configure(request);
  if (given !== undefined) return { path: given, notice: null };
  const path = `${source}.${[strategy.id, ...mutations].join('+')}.trail`;
  return { path, notice: `the trail goes to ${path}${existsSync(path) ? ', in place of the one there' : ''}` };
}

/** Runs a recording with the progress bar and Ctrl-C; its result is the answer. */
export async function recording(
  context: Context,
  output: Output,
  { mutations = [] }: SimulationRequest,
  run: (hooks: RecordHooks) => Promise<RecordResult>,
): Promise<Answer> {
  const interrupt = new AbortController();
  context.atEnd(context.io.onInterrupt(() => interrupt.abort()));
  const started = context.io.now();
  // Told when something has been recorded: an input that cannot be read leaves no trail to speak of.
  let untold = output.notice;
  const tell = (): void => {
    if (untold !== null) context.notice(untold);
    untold = null;
  };
  const recorded = await run({
    signal: interrupt.signal,
    onNotice: context.notice,
    onProgress({ writes, fraction }) {
      tell();
      context.progress.update(fraction, () => {
        const elapsed = (context.io.now() - started) / 1000;
        return `${count(writes)} writes  ${rate(writes / elapsed, 'writes')}`;
      });
    },
  });
  tell();
  context.progress.end();
  const { failure, ...answer } = recorded;
  const interrupted = interrupt.signal.aborted && !recorded.complete;
  if (interrupted) context.notice(`interrupted; ${counted(recorded.events, 'event')} are safe in ${recorded.trail}`);
  if (failure !== null) context.stderr.line(errorText(failure, context.stderr.style, false));
  return {
    json: () => answer,
    print: (out) => print(out, recorded, mutations),
    exitCode: interrupted ? 130 : failure !== null ? 3 : 0,
  };
}

function print(out: Text, recorded: RecordResult, mutations: readonly string[]): void {
  const { style } = out;
  const { skipped } = recorded;
  const state = recorded.complete ? '' : style.yellow(` (not complete: ${recorded.incompleteReason})`);
  out.line(`${style.bold(recorded.trail)}${state}`);
  const defects = mutations.length === 0 ? '' : style.red(` with ${mutations.join(', ')}`);
  out.line(`  strategy  ${recorded.strategy}${defects} on ${recorded.arch}`);
  out.line(`  writes    ${count(recorded.writes)} in ${counted(recorded.epochs, 'epoch')}`);
  out.line(`  events    ${count(recorded.events)}`);
  out.line(`  size      ${bytes(recorded.bytes)}, ${recorded.bytesPerWrite.toFixed(3)} B/write`);
  out.line(`  time      ${seconds(recorded.seconds)}, ${rate(recorded.writesPerSecond, 'writes')}`);
  if (skipped.lines > 0) {
    out.line(style.yellow(`  skipped   ${counted(skipped.lines, 'line')}, the first is line ${skipped.firstLine}`));
  }
}
