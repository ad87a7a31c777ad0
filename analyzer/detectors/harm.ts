/** Whether a page that a local rule was broken for was also lost: a broken rule alone is a risk, with a loss it is a bug. */
import { missedPages, uncapturedWrites } from '../collectors/uncaptured-writes.js';
import type { Severity } from '../finding.js';
import type { Case } from './define.js';

/** Of a page, by index. Asks the facts of `uncapturedWrites`, which must be in the pass. */
export function lostPages({ results, endsInHarvest, gaps }: Case): (page: number) => boolean {
  // A harvest under way, or what the source lost, may come for them, or have come.
  if (endsInHarvest || gaps > 0) return () => false;
  const { end } = results;
  const uncaptured = results.facts(uncapturedWrites);
  const frames = new Set(missedPages(end, uncaptured).lost.pages.map((page) => end.pages.frame[page]!));
  const given = new Set(uncaptured.discarded.lost.examples.map(({ space, page }) => `${space} ${page}`));
  return (page) => frames.has(end.pages.frame[page]!) || given.has(`${end.pages.space[page]} ${end.pages.page[page]}`);
}

/** Severity of a broken rule: medium for the risk, more where the page was lost. */
export function riskOr(bug: Severity, isLost: boolean): Severity {
  return isLost ? bug : 'medium';
}
