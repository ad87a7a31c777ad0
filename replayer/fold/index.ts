/** The fold: events in, machine state out. Start at `fold.ts`. */
export { elsewhere, FOLD_KINDS, foldSelection, PAGE_KINDS } from './apply-event.js';
export { Fold, type FoldMeta } from './fold.js';
export { sortedPages } from './fold-snapshot.js';
export { applyReversibly, type Undo } from './reversible.js';
export { foldsInPart, isCachedByOthers, mayHaveHugePages } from './part.js';
export { CpuTlb } from './tlb.js';
export { FrameTable } from './frame-table.js';
export { PageTable } from './page-table.js';
