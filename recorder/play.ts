/**
 * A run that nobody keeps: a source through a machine, and its events to whoever looks at them as they come. What they see is what a trail of the
 * same source and settings would hold, event for event.
 */
import { InterruptedError } from '../base/index.js';
import { Simulation, type SimulationSettings } from '../simulator/index.js';
import type { EventBatch, TrailEnding, TrailMeta } from '../traces/index.js';
import { pump, type RecordHooks } from './pump.js';
import { endingOf, noAccess } from './record.js';
import { metaOf } from './settings-in-meta.js';
import type { AccessSource } from './sources/index.js';

/** Small enough for the columns to stay in a cache between those who fill and those who look: some 1 MB. */
const BATCH_EVENTS = 8192;

/** Takes the events of a run, batch after batch, each only until it returns: the batch is reused. */
export type Onlooker = (batch: EventBatch) => void;

/** What the trail would say of itself. */
export interface Played {
  readonly meta: TrailMeta;
  readonly ending: TrailEnding;
}

/**
 * Plays a source, which the caller opens and closes, to its end.
 * @param begin is given the meta as it is before the first event, and says who looks on; actors and spaces may be added until the end
 * @throws InputError when the source holds no access or breaks off; InterruptedError when the signal comes
 */
export async function play(
  source: AccessSource,
  settings: SimulationSettings,
  begin: (meta: TrailMeta) => Onlooker,
  hooks: RecordHooks = {},
): Promise<Played> {
  const objectPages = settings.objectPages ?? source.objectPages ?? null;
  // Nothing happens before the source is played, and by then there is somebody who looks.
  let look: Onlooker = () => {};
  const simulation = new Simulation({ ...settings, objectPages }, (batch) => look(batch), {
    batchEvents: BATCH_EVENTS,
  });
  look = begin(metaOf(simulation, source));
  if (await pump(source, simulation, null, hooks)) throw new InterruptedError({ what: 'interrupted' });
  if (source.failure !== null) throw source.failure;
  // As in a recording: the last few accesses may still wait to begin.
  simulation.settle();
  if (simulation.seq === 0) throw noAccess(source);
  simulation.finish(source.programNs);
  if (simulation.openBatch.length > 0) look(simulation.openBatch);
  return { meta: metaOf(simulation, source), ending: endingOf(simulation, source, null) };
}
