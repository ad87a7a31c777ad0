/** What somebody suspects by reading, and the search can say whether it can happen: with its own form, and with the one that would mend it. */
import type { ScenarioDefinition } from '../../scenario.js';
import { clampByMaximum } from './clamp-by-maximum.js';
import { mkwriteWindow } from './mkwrite-window.js';

export const SUSPICIONS: readonly ScenarioDefinition[] = [mkwriteWindow, clampByMaximum];
