/** Puts a machine together from settings: its tables, the code that tracks in it, and the monitor under a guest. */
import {
  type Carrier,
  type EventBatch,
  PTE_ACCESSED,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_WRITABLE,
  type PteLayout,
  type TrailMeta,
  pteLayout,
} from '../traces/index.js';
import type { SimulationSettings } from './configuration.js';
import { mutationsOfSide } from './configuration/mutations.js';
import type { CostName } from './costs/index.js';
import type { Tracking } from './kernel/access.js';
import { mapOnFault, neverProtected } from './kernel/faults.js';
import { type MonitorCode, nestedMonitor, shadowMonitor } from './kernel/monitor.js';
import { Journal } from './machine/journal.js';
import { Machine } from './machine/machine.js';
import { START_OF_OBJECT, START_OF_SECOND_STAGE } from './machine/order.js';
import { PageStore } from './machine/pages.js';
import type { StrategyCode, StrategyDefinition, StrategyOptions } from './strategies/index.js';

export interface World {
  readonly machine: Machine;
  readonly tracking: Tracking;
  readonly spaces: TrailMeta['spaces'];
  /** By space. */
  readonly layouts: readonly PteLayout[];
}

/** Number of the second stage beside a guest's address space. */
const SECOND_STAGE = 1;
const UNTRACKED = PTE_PRESENT | PTE_WRITABLE | PTE_DIRTY | PTE_ACCESSED;

/** The second stage of a monitor that does not track: everything is allowed, and no D is left to be set. */
const untracked: StrategyCode = {
  mappedFlags: UNTRACKED,
  writeFault: neverProtected,
  notPresentFault: (page) => mapOnFault(page, UNTRACKED),
  *harvest() {},
};

/**
 * @param bulk range walks may use their bulk form, in coarse mode
 * @param batchEvents events in a full batch; default: those of a chunk
 */
export function buildWorld(
  settings: SimulationSettings,
  onFull: (batch: EventBatch) => void,
  bulk: boolean,
  batchEvents?: number,
): World {
  const { strategy, host, guest, monitor, architecture } = settings;
  const tracking = trackingOf(settings);
  const spaces = spacesOf(settings, tracking.host?.carriers ?? host?.carriers ?? []);
  const layouts = spaces.map(({ layout }) => pteLayout(layout));
  const pages = new PageStore();
  if (guest !== null) pages.secondStage = SECOND_STAGE;
  const journal = new Journal(pages, layouts, onFull, batchEvents);
  const cost = (name: CostName) => settings.cost.ns[name];
  const machine = new Machine(
    {
      architecture,
      costs: settings.cost.ns,
      memory: settings.memory,
      structPage: settings.vma.structPage,
      nonCoherent: settings.device === 'non-coherent' && !strategy.copiesByCpu,
      huge: settings.pageSize === '2m',
      mms: settings.mms,
      alias: settings.alias,
      vmaGapPages: settings.vmaGapPages,
      writeFaultNs: strategy.faultCosts.reduce((sum, name) => sum + cost(name), 0),
      tlb: settings.tlb,
      blindWalker: settings.walker === 'blind',
      translation: guest === null ? 'one-stage' : monitor === 'nested' ? 'two-stages' : 'shadow',
      shadow: guest !== null && monitor !== 'nested',
      faultsExit: strategy.monitor === undefined ? null : strategy.monitor.shadow ? 'shadow' : 'violation',
      pml: (host ?? strategy).monitor?.pml ?? false,
      ringEntries: settings.ringEntries,
      interleaved: settings.interleave === 'fine',
      bulk: bulk && settings.interleave === 'coarse',
    },
    pages,
    journal,
  );
  return { machine, tracking, spaces, layouts };
}

function trackingOf(settings: SimulationSettings): Tracking {
  const { strategy, host, guest, monitor } = settings;
  const options = optionsOf(settings, strategy, 'guest');
  const code = strategy.create(options);
  if (guest === null) {
    const alone = { strategy: code, options, host: null, monitor: null, mapsBothStages: false };
    return { ...alone, logged: code.logFull === undefined ? null : code, deviceMmu: settings.deviceMmu };
  }
  const hostCode = host === null ? null : host.create(optionsOf(settings, host, 'host'));
  const nested = monitor === 'nested';
  const monitorCode: MonitorCode = nested
    ? nestedMonitor(hostCode ?? untracked)
    : shadowMonitor(hostCode, monitor === 'broken');
  return {
    strategy: code,
    options,
    host: hostCode ?? (nested ? untracked : null),
    monitor: monitorCode,
    mapsBothStages: nested,
    logged: hostCode?.logFull === undefined ? null : hostCode,
    deviceMmu: false,
  };
}

function optionsOf(settings: SimulationSettings, side: StrategyDefinition, which: 'guest' | 'host'): StrategyOptions {
  const { structPage } = settings.vma;
  const { memory } = settings;
  const backed = { system: structPage.system, device: structPage.device, mixed: structPage.system };
  const always = structPage.system && structPage.device;
  return {
    mutations: mutationsOfSide(settings.mutations, which),
    objectPages: settings.objectPages,
    cost: (name) => settings.cost.ns[name],
    start: which === 'host' ? START_OF_SECOND_STAGE : START_OF_OBJECT,
    inMonitor: side.monitor !== undefined,
    sharesTable: which === 'host' && settings.monitor !== 'nested',
    variant: side.variants === undefined ? null : settings.variant,
    // Pages may move to the other kind of memory, so one kind alone does not settle it.
    structPages: always ? 'all' : backed[memory] || structPage.system ? 'some' : 'none',
    nonCoherent: settings.device === 'non-coherent' && !side.copiesByCpu && which === 'guest',
    deviceMmu: settings.deviceMmu,
    splitPolicy: settings.split,
    huge: settings.pageSize === '2m',
    swapsBits: side.swapsBits ?? null,
  };
}

function spacesOf(
  { strategy, architecture, guest, monitor, mms }: SimulationSettings,
  hostCarriers: readonly Carrier[],
): TrailMeta['spaces'] {
  const own = { kind: 'mm', layout: architecture.layout.id } as const;
  if (guest === null) {
    if (strategy.monitor === undefined) return Array.from({ length: mms }, () => own);
    // A shadow table is one that the hardware walks as any other.
    const layout = strategy.monitor.shadow ? architecture.layout : architecture.secondStage!;
    return [{ kind: 'second-stage', layout: layout.id }];
  }
  const layout = monitor === 'nested' ? architecture.secondStage! : architecture.layout;
  return [own, { kind: 'second-stage', layout: layout.id, carriers: hostCarriers }];
}
