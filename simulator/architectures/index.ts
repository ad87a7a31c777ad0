/** The one list of architectures. To add one: write its file, add its line here. */
import type { Architecture } from './define.js';
import { x8664Architecture } from './x86-64.js';

export type { Architecture } from './define.js';

export const ARCHITECTURES: readonly Architecture[] = [x8664Architecture];
