/** The one list of views that need analysis, for `openQuery`. To add one: write its file, add its line here. */
import type { ViewDefinition } from '../../traces/index.js';
import { cpus } from './cpus.js';
import { epochs } from './epochs.js';
import { findings } from './findings.js';
import { pages } from './pages.js';

export const ANALYSIS_VIEWS: readonly ViewDefinition[] = [pages, epochs, cpus, findings];
