/** The one list of views that need analysis, for `openQuery`. To add one: write its file, add its line here. */
import type { ViewDefinition } from '../../traces/index.js';
import { cpus } from './cpus.js';
import { dirtyRate } from './dirty-rate.js';
import { epochs } from './epochs.js';
import { faultInterarrival } from './fault-interarrival.js';
import { faultLatency } from './fault-latency.js';
import { findings } from './findings.js';
import { harvestIntervals } from './harvest-intervals.js';
import { pages } from './pages.js';
import { percentiles } from './percentiles.js';
import { redirty } from './redirty.js';
import { redirtyEpochs } from './redirty-epochs.js';
import { reuseDistance } from './reuse-distance.js';
import { stalls } from './stalls.js';
import { workingSet } from './working-set.js';
import { workingSetCurve } from './working-set-curve.js';

export const ANALYSIS_VIEWS: readonly ViewDefinition[] = [
  pages,
  epochs,
  cpus,
  findings,
  dirtyRate,
  workingSet,
  workingSetCurve,
  redirty,
  redirtyEpochs,
  reuseDistance,
  faultLatency,
  faultInterarrival,
  stalls,
  harvestIntervals,
  percentiles,
];
