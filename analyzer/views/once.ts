/**
 * Analysis behind a view, made once per trail: SQLite asks for the rows of a view again in every loop of a join, and a pass over
 * the trail each time would never end. A trail that has grown since is looked at anew.
 */
import type { TrailReader } from '../../traces/index.js';

/** A function of a trail that remembers its last answer for each. */
export function oncePerTrail<Facts>(compute: (trail: TrailReader) => Facts): (trail: TrailReader) => Facts {
  const known = new WeakMap<TrailReader, { readonly events: number; readonly facts: Facts }>();
  return (trail) => {
    let entry = known.get(trail);
    if (entry === undefined || entry.events !== trail.events) {
      entry = { events: trail.events, facts: compute(trail) };
      known.set(trail, entry);
    }
    return entry.facts;
  };
}
