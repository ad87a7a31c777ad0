/** The options of a run that `record` and `replay` share: how they are declared, and what they ask of the machine. */
import { readFileSync } from 'node:fs';
import { Option, type Command } from 'commander';
import { InputError, PagetrailError } from '../base/index.js';
import type { OperationIntervals } from '../recorder/index.js';
import type { SimulationRequest } from '../simulator/index.js';
import { costSetting, defined, oneOf, repeated, type TlbShape, tlbShape, wholeNumber } from './arguments.js';

/** The options of commander, by its names. */
export interface MachineOptions {
  readonly output?: string;
  readonly strategy?: string;
  readonly variant?: string;
  readonly harvestEvery?: number;
  readonly moveEvery?: number;
  readonly unmapEvery?: number;
  readonly mutate?: readonly string[];
  readonly guest?: string;
  readonly host?: string;
  readonly monitor?: string;
  readonly ringEntries?: number;
  readonly arch?: string;
  readonly vma?: string;
  readonly memory?: string;
  readonly cpus?: number;
  readonly mms?: number;
  readonly alias?: string;
  readonly pageSize?: string;
  readonly split?: string;
  readonly device?: string;
  readonly deviceMmu?: boolean;
  readonly walker?: string;
  readonly populate?: 'eager' | 'lazy';
  readonly interleave?: 'coarse' | 'fine';
  readonly seed?: number;
  readonly vmaGap?: number;
  readonly objectPages?: number;
  readonly tlbSets?: number;
  readonly tlbWays?: number;
  readonly tlb?: TlbShape;
  readonly cost?: string;
  readonly set?: Readonly<Record<string, number>>;
}

/** Says in the help what an option is when left out. */
type Defaults = (value: string) => string;

/** Declares them, under headings. */
export function machineOptions(command: Command, defaults: Defaults): Command {
  trackingOptions(command.optionsGroup('Tracking:'), defaults);
  virtualMachineOptions(command.optionsGroup('Virtual machine:'), defaults);
  hardwareOptions(command.optionsGroup('Machine:'), defaults);
  return command
    .optionsGroup('Costs:')
    .option(
      '--cost <profile>',
      `what each step costs: a profile of \`pagetrail list costs\` or a .json file (${defaults('native to the architecture')})`,
    )
    .addOption(new Option('--set <name=ns>', 'set one figure of the cost profile; repeatable').argParser(costSetting))
    .optionsGroup('Output:')
    .option('-o, --output <trail>', 'the trail to write (default: SOURCE.STRATEGY.trail in the current folder)');
}

function trackingOptions(command: Command, defaults: Defaults): void {
  command
    .option('--strategy <id>', `the tracking strategy; see \`pagetrail list strategies\` (${defaults('hw-dirty')})`)
    .option('--variant <id>', 'a way of using it, where it has several; see `pagetrail list strategies`')
    .option(
      '--harvest-every <n>',
      `harvest after that many writes; 0: only at the end (${defaults('100000')})`,
      wholeNumber('--harvest-every'),
    )
    .option('--move-every <n>', 'move the object to other memory after every n writes', wholeNumber('--move-every'))
    .option('--unmap-every <n>', 'unmap the object after every n writes', wholeNumber('--unmap-every'))
    .option('--mutate <id>', 'switch a defect into the strategy; repeatable; see `pagetrail list mutations`', repeated);
}

function virtualMachineOptions(command: Command, defaults: Defaults): void {
  command
    .option('--guest <id>', 'the strategy inside a virtual machine; see `pagetrail list strategies`')
    .option('--host <id>', 'the strategy of its monitor; see `pagetrail list strategies`')
    .option(
      '--monitor <id>',
      `how guest memory is translated; see \`pagetrail list monitors\` (${defaults('what the host needs, else nested')})`,
    )
    .option('--ring-entries <n>', `entries of each dirty ring (${defaults('4096')})`, wholeNumber('--ring-entries'));
}

function hardwareOptions(command: Command, defaults: Defaults): void {
  command
    .option('--arch <id>', 'the architecture; see `pagetrail list architectures` (default: native to the strategy)')
    .option('--vma <kind>', 'the kind of mapping; see `pagetrail list vmas` (default: native to the strategy)')
    .option(
      '--memory <system|device|mixed>',
      `what lies behind the pages; see \`pagetrail list vmas\` (${defaults('native to the mapping')})`,
    )
    .option(
      '--cpus <n>',
      'number of CPUs; accesses that were made on CPU c are played on c modulo n (default: as many as the source needs)',
      wholeNumber('--cpus'),
    )
    .option(
      '--mms <n>',
      `processes that map the object, CPU c in process c modulo n (${defaults('1')})`,
      wholeNumber('--mms'),
    )
    .option('--alias <from=to:pages>', 'page numbers: pages from FROM on are the same memory as those from TO on')
    .option('--page-size <4k|2m>', `map the object by entries of that size (${defaults('4k')})`)
    .option(
      '--split <propagate|mark-all|drop>',
      `what becomes of D when a huge entry is split (${defaults('propagate')})`,
    )
    .option('--device <coherent|non-coherent>', `whether the device snoops CPU caches (${defaults('coherent')})`)
    .option('--device-mmu', 'writes of devices go through an MMU of theirs that follows the page table')
    .option(
      '--walker <recheck|blind>',
      `whether the hardware looks at an entry again when it sets D (${defaults('recheck')})`,
    )
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
    .addOption(
      new Option(
        '--tlb <setsxways>',
        `shape of each TLB, as in 64x4; in place of --tlb-sets and --tlb-ways (${defaults('128x12')})`,
      )
        .argParser(tlbShape)
        .conflicts(['tlbSets', 'tlbWays']),
    )
    .option('--tlb-sets <n>', `sets of each TLB (${defaults('128')})`, wholeNumber('--tlb-sets'))
    .option('--tlb-ways <n>', `ways of each TLB (${defaults('12')})`, wholeNumber('--tlb-ways'));
}

/** Options that a request has under the same name. */
const SAME = [
  'strategy',
  'variant',
  'harvestEvery',
  'guest',
  'host',
  'monitor',
  'ringEntries',
  'arch',
  'vma',
  'memory',
  'cpus',
  'mms',
  'alias',
  'pageSize',
  'split',
  'device',
  'deviceMmu',
  'walker',
  'populate',
  'interleave',
  'seed',
  'objectPages',
  'tlbSets',
  'tlbWays',
] as const satisfies ReadonlyArray<keyof MachineOptions & keyof SimulationRequest>;

/** What was asked of the machine; what was left out stays left out. */
export async function simulationRequest(options: MachineOptions): Promise<SimulationRequest> {
  return defined({
    ...Object.fromEntries(SAME.map((name) => [name, options[name]])),
    mutations: options.mutate,
    cost: await costsOf(options.cost),
    costOverrides: options.set,
    vmaGapPages: options.vmaGap,
    ...(options.tlb !== undefined && { tlbSets: options.tlb.sets, tlbWays: options.tlb.ways }),
  });
}

/** What was asked to happen to the object between the writes. */
export function operationIntervals({ moveEvery, unmapEvery }: MachineOptions): OperationIntervals {
  return defined({ moveEvery, unmapEvery });
}

/** A profile of the user's own where a file is named, else the id that was given. */
export async function costsOf(cost: string | undefined): Promise<SimulationRequest['cost']> {
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
