/** Who tracks: one strategy; or one in a guest and perhaps one in the monitor outside. */
import { UsageError } from '../../base/index.js';
import { lookUp } from '../look-up.js';
import { MONITORS, type MonitorId } from '../monitors.js';
import { STRATEGIES, type StrategyDefinition } from '../strategies/index.js';
import type { SimulationRequest } from './request.js';

export interface SidesSettings {
  /** The strategy inside a virtual machine; null where no guest is modelled. */
  readonly guest: StrategyDefinition | null;
  /** The strategy outside; null where the monitor does not track, or there is no guest. */
  readonly host: StrategyDefinition | null;
  /** How the guest's memory is translated; null where there is no guest. */
  readonly monitor: MonitorId | null;
}

/** Strategies that run in a monitor, and those that do not. */
const OUTSIDE = STRATEGIES.filter(({ monitor }) => monitor !== undefined).map(({ id }) => id);
const INSIDE = STRATEGIES.filter(
  ({ monitor, architectures }) => monitor === undefined && architectures.includes('x86-64'),
).map(({ id }) => id);

/** Resolves who tracks; `strategy` is the guest's where there is one. */
export function sidesOf(request: SimulationRequest): SidesSettings & { readonly strategy: StrategyDefinition } {
  const { strategy: id, guest: guestId, host: hostId, monitor: monitorId } = request;
  const strategy = id === undefined ? undefined : strategyOf(id);
  if (guestId === undefined && hostId === undefined && monitorId === undefined)
    return { strategy: strategy ?? strategyOf('hw-dirty'), guest: null, host: null, monitor: null };
  if (guestId !== undefined && id !== undefined && guestId !== id)
    throw new UsageError({
      what: `both --strategy ${id} and --guest ${guestId} are given`,
      why: '--guest is the strategy inside the virtual machine',
      mend: 'leave --strategy out',
    });
  const host = hostId === undefined ? null : hostOf(hostId);
  if (strategy?.monitor !== undefined && strategy.id !== hostId)
    throw new UsageError({
      what: `--strategy ${strategy.id} does not go with ${hostId === undefined ? '--guest or --monitor' : `--host ${hostId}`}`,
      why: 'it tracks outside of a virtual machine, and beside a guest that is --host',
      mend: `use --guest ID --host ${strategy.id}, or --strategy ${strategy.id} alone`,
    });
  const inside = guestId !== undefined ? strategyOf(guestId) : strategy?.monitor === undefined ? strategy : undefined;
  // A host alone tracks a guest whose own tables are not modelled.
  if (host !== null && inside === undefined && monitorId === undefined)
    return { strategy: host, guest: null, host: null, monitor: null };
  const guest = inside ?? strategyOf('hw-dirty');
  if (!INSIDE.includes(guest.id))
    throw new UsageError({
      what: `${guest.id} cannot run inside a virtual machine`,
      why: guest.monitor === undefined ? 'guests are modelled on x86-64 only' : 'it is a strategy of the monitor',
      mend: guest.monitor === undefined ? `use one of: ${INSIDE.join(', ')}` : `give --host ${guest.id}`,
    });
  return { strategy: guest, guest, host, monitor: monitorOf(monitorId, host) };
}

/** The variant that was asked for, of the strategy that has some; null where none has. */
export function variantOf(
  { variant }: SimulationRequest,
  strategy: StrategyDefinition,
  host: StrategyDefinition | null,
): string | null {
  const of = [strategy, host].find((side) => side?.variants !== undefined);
  if (of === undefined || of === null) {
    if (variant === undefined) return null;
    throw new UsageError({ what: `${strategy.id} has no variants`, mend: 'leave --variant out' });
  }
  const known = `the variants of ${of.id} are: ${of.variants!.map(({ id }) => id).join(', ')}`;
  return lookUp('variant', variant ?? of.variants![0]!.id, of.variants!, known).id;
}

function strategyOf(id: string): StrategyDefinition {
  return lookUp('strategy', id, STRATEGIES, 'see `pagetrail list strategies`');
}

function hostOf(id: string): StrategyDefinition {
  const host = strategyOf(id);
  if (host.monitor !== undefined) return host;
  throw new UsageError({
    what: `${id} cannot run outside a virtual machine`,
    why: 'a host tracks second-stage memory',
    mend: `use --host with one of: ${OUTSIDE.join(', ')}`,
  });
}

function monitorOf(id: string | undefined, host: StrategyDefinition | null): MonitorId {
  const natural = host?.monitor?.shadow ? 'shadow' : 'nested';
  const monitor = lookUp('monitor', id ?? natural, MONITORS, 'see `pagetrail list monitors`').id;
  if (host === null || (monitor === 'nested') === (natural === 'nested')) return monitor;
  throw new UsageError({
    what: `--host ${host.id} does not go with --monitor ${monitor}`,
    why:
      natural === 'shadow'
        ? 'it tracks by the entries of a shadow table, and nested paging has none'
        : 'it tracks by the entries of a second stage, and a shadow table is none',
    mend: natural === 'shadow' ? 'use --monitor shadow or broken' : 'use --host shadow-paging, or --monitor nested',
  });
}
