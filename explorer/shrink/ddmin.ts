/**
 * Delta debugging (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", IEEE TSE 2002): from a list of items that shows
 * something to a list that still does and of which no single item can be left out. Parts are left out from the end, since what comes
 * late rests on what came before; complements alone are tried, which loses nothing (Hodovan and Kiss, "Modernizing hierarchical delta
 * debugging", 2016).
 *
 * It is a generator: it yields what it wants to know of, and is told whether that shows it. Whoever drives it decides how that is found
 * out, what it may cost, and when to stop; the last list that showed it is always the best so far.
 */

/** Yields candidates, is told whether each shows it, and returns the last that did. */
export type Asking<Candidate, Result = Candidate> = Generator<Candidate, Result, boolean>;

/**
 * @param items a list that shows it
 * @param thorough what is left is 1-minimal; else each size of parts gets one pass, which is enough to get a long list short
 */
export function* ddmin<T>(items: readonly T[], thorough = true): Asking<readonly T[]> {
  let kept = items;
  let size = Math.ceil(kept.length / 2);
  while (kept.length > 0) {
    let removed = false;
    for (let end = kept.length; end > 0; ) {
      const from = Math.max(0, end - size);
      const candidate = [...kept.slice(0, from), ...kept.slice(end)];
      if (yield candidate) {
        kept = candidate;
        removed = true;
      }
      end = from;
    }
    // A whole pass over single items in vain is the proof.
    if (size === 1 && !(removed && thorough)) break;
    size = removed && thorough ? Math.min(size, Math.max(1, Math.ceil(kept.length / 2))) : Math.ceil(size / 2);
  }
  return kept;
}
