/** What the machine is like: architecture, mapping, memory, device, page size. Combinations that cannot work are refused with the reason. */
import { UsageError } from '../../base/index.js';
import { ARCHITECTURES, type Architecture } from '../architectures/index.js';
import { lookUp, wholeNumber } from '../look-up.js';
import type { RealMemory } from '../machine/frames.js';
import type { Alias } from '../machine/mappings.js';
import { type SplitPolicy, STRATEGIES, type StrategyDefinition } from '../strategies/index.js';
import { VMA_KINDS, type VmaKind } from '../vmas.js';
import type { SimulationRequest } from './request.js';
import type { SidesSettings } from './sides.js';

export interface MachineSettings {
  readonly memory: RealMemory | 'mixed';
  readonly device: 'coherent' | 'non-coherent';
  readonly deviceMmu: boolean;
  readonly walker: 'recheck' | 'blind';
  readonly mms: number;
  readonly alias: Alias | null;
  readonly pageSize: '4k' | '2m';
  readonly split: SplitPolicy;
  readonly ringEntries: number;
}

const MEMORIES = ['system', 'device', 'mixed'] as const;
const DEVICES = ['coherent', 'non-coherent'] as const;
const WALKERS = ['recheck', 'blind'] as const;
const PAGE_SIZES = ['4k', '2m'] as const;
const SPLITS = ['propagate', 'mark-all', 'drop'] as const;
/** Process numbers of accesses that are told apart; chosen. */
const MMS_MAX = 16;
/** KVM_DIRTY_RING_MAX_ENTRIES; and more than one access of a source can touch, or it would fill its ring again and again without end. */
const RING_MAX = 65_536;
const RING_MIN = 512;
/** What QEMU's users are told to begin with. */
export const RING_DEFAULT = 4096;
const PAGES_MAX = 2 ** 52;

export function architectureOf(
  strategy: StrategyDefinition,
  { guest }: SidesSettings,
  id: string | undefined,
): Architecture {
  const wanted = id ?? (guest === null ? strategy.architectures[0] : 'x86-64');
  const architecture = lookUp('architecture', wanted, ARCHITECTURES, 'see `pagetrail list architectures`');
  if (guest !== null && architecture.id !== 'x86-64')
    throw new UsageError({
      what: `a guest does not run on ${architecture.id}`,
      why: 'guests are modelled on x86-64 only',
      mend: 'leave --arch out, or track from outside alone: --host without --guest',
    });
  if (strategy.architectures.includes(architecture.id)) return architecture;
  throw new UsageError({
    what: `strategy ${strategy.id} does not run on ${architecture.id}`,
    mend: `leave --arch out, or use ${strategy.architectures.join(' or ')}`,
  });
}

export function vmaOf(strategy: StrategyDefinition, id: string | undefined): VmaKind {
  const vma = lookUp('VMA kind', id ?? strategy.vmas[0], VMA_KINDS, 'see `pagetrail list vmas`');
  if (strategy.vmas.some((able) => able === vma.id)) return vma;
  const others = STRATEGIES.filter((other) => other.vmas.some((able) => able === vma.id)).map((other) => other.id);
  throw new UsageError({
    what: `${strategy.id} cannot track a ${vma.id} mapping`,
    why: strategy.vmaReason,
    mend: `use --vma ${strategy.vmas.join(' or ')}${others.length > 0 ? `, or for ${vma.id} one of: ${others.join(', ')}` : ''}`,
  });
}

export function machineOf(
  request: SimulationRequest,
  strategy: StrategyDefinition,
  { guest }: SidesSettings,
  architecture: Architecture,
  vma: VmaKind,
): MachineSettings & { readonly notices: readonly string[] } {
  const inVm = guest !== null || strategy.monitor !== undefined;
  const notices: string[] = [];
  const settings: MachineSettings = {
    memory: choice('memory', request.memory ?? vma.memory, MEMORIES),
    device: choice('device', request.device ?? 'coherent', DEVICES),
    deviceMmu: request.deviceMmu ?? false,
    walker: choice('walker', request.walker ?? 'recheck', WALKERS),
    mms: wholeNumber('mms', request.mms ?? 1, 1, MMS_MAX),
    alias: request.alias === undefined ? null : aliasOf(request.alias),
    pageSize: choice('page-size', request.pageSize ?? '4k', PAGE_SIZES),
    split: choice('split', request.split ?? 'propagate', SPLITS),
    ringEntries: wholeNumber('ring-entries', request.ringEntries ?? RING_DEFAULT, RING_MIN, RING_MAX),
  };
  const { device, deviceMmu, walker, mms, alias, pageSize } = settings;
  const huge = pageSize === '2m';
  const shares = mms > 1 || alias !== null;
  const sharing = mms > 1 ? `--mms ${mms}` : '--alias';
  refuse(
    [
      inVm && shares,
      sharing,
      'the memory of a virtual machine is mapped once here',
      'leave it out, or track outside of a virtual machine',
    ],
    [
      shares && !vma.shared,
      sharing,
      `${vma.id} mappings are private to one process and place`,
      `use --vma ${VMA_KINDS.filter((kind) => kind.shared)
        .map(({ id }) => id)
        .join(' or ')}, with a strategy that tracks it`,
    ],
    [
      inVm && deviceMmu,
      '--device-mmu',
      'a device of a virtual machine is not modelled',
      'leave it out, or track outside of a virtual machine',
    ],
    [
      guest !== null && device === 'non-coherent',
      '--device non-coherent',
      'the device of a guest is not modelled',
      'leave --guest out',
    ],
    [
      deviceMmu && architecture.changeBitInFrame === true,
      '--device-mmu',
      `what a device writes on ${architecture.id} shows in the storage key, whatever translates it`,
      'leave it out',
    ],
    [deviceMmu && huge, '--device-mmu', 'it takes up entries of 4 KiB only', 'leave --page-size 2m out'],
    [
      walker === 'blind' && (inVm || architecture.mayBeBlind !== true),
      '--walker blind',
      'only x86-64 had such walkers (Knights Landing, erratum KNL4), and no guest ran on them here',
      'leave it out, or use --arch x86-64 with a strategy of the host',
    ],
    [huge && guest !== null, '--page-size 2m', 'the entries of a guest are of 4 KiB here', 'leave --guest out'],
    [huge && shares, '--page-size 2m', `${sharing} maps entries of 4 KiB`, `leave ${sharing} out`],
    [
      huge && strategy.hugeEntries === undefined,
      '--page-size 2m',
      `${strategy.id} is not modelled with huge entries`,
      `use one of: ${STRATEGIES.filter(({ hugeEntries }) => hugeEntries !== undefined)
        .map(({ id }) => id)
        .join(', ')}`,
    ],
    [
      huge && architecture.hugeEntries !== true,
      '--page-size 2m',
      `huge entries of ${architecture.id} are not modelled`,
      `use --arch ${ARCHITECTURES.filter(({ hugeEntries }) => hugeEntries)
        .map(({ id }) => id)
        .join(' or ')}`,
    ],
    [!huge && request.split !== undefined, '--split', 'there is no huge entry to split', 'add --page-size 2m'],
    [
      request.ringEntries !== undefined && !usesRing(request, strategy),
      '--ring-entries',
      'only kvm-dirty-ring has rings',
      'leave it out',
    ],
  );
  if (settings.split === 'drop') notices.push('--split drop loses what a huge entry had noted: it is there to be seen');
  if (device === 'non-coherent' && strategy.copiesByCpu)
    notices.push(`${strategy.id} copies by CPU, so it does not matter whether the device snoops`);
  return { ...settings, notices };
}

function usesRing({ host }: SimulationRequest, strategy: StrategyDefinition): boolean {
  return host === 'kvm-dirty-ring' || strategy.id === 'kvm-dirty-ring';
}

type Rule = readonly [broken: boolean, option: string, why: string, mend: string];

function refuse(...rules: readonly Rule[]): void {
  const rule = rules.find(([broken]) => broken);
  if (rule === undefined) return;
  const [, option, why, mend] = rule;
  throw new UsageError({ what: `${option} does not fit`, why, mend });
}

function choice<T extends string>(name: string, value: string, choices: readonly T[]): T {
  const list = choices.map((id) => ({ id }));
  return lookUp(`--${name}`, value, list, `--${name} is ${choices.join(' or ')}`).id;
}

/** FROM=TO:PAGES, decimal or 0x-hex. */
function aliasOf(text: string): Alias {
  const [from, to, pages] = text.split(/[=:]/).map(Number);
  const valid =
    /^[^=:]+=[^=:]+:[^=:]+$/.test(text) &&
    [from, to, pages].every((part) => Number.isSafeInteger(part) && part! >= 0 && part! < PAGES_MAX);
  const far = valid && pages! > 0 && Math.abs(from! - to!) >= pages!;
  if (far) return { from: from!, to: to!, pages: pages! };
  throw new UsageError({
    what: `--alias ${text} is not FROM=TO:PAGES`,
    why: valid ? 'the two places overlap, or there is no page' : 'FROM and TO are page numbers, PAGES is how many',
    mend: 'as in --alias 0x20000=0x10000:16: pages 0x20000.. are the same memory as 0x10000..',
  });
}
