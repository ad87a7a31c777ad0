/** The fold: events in, machine state out. Start at `fold.ts`. */
export { FOLD_KINDS, FOLD_SELECTION } from './apply-event.js';
export { Fold, type FoldMeta } from './fold.js';
export { sortedPages } from './fold-snapshot.js';
export { applyReversibly, type Undo } from './reversible.js';
export { foldsInPart, mayHaveHugePages } from './part.js';
export { CpuTlb } from './tlb.js';
export { FrameTable } from './frame-table.js';
export { PageTable } from './page-table.js';
