/** The one list of strategies. To add one: write its file, add its line here. */
import { bounceBuffer } from './bounce-buffer.js';
import type { StrategyDefinition } from './define.js';
import { fullUpload } from './full-upload.js';
import { hwDirty } from './hw-dirty.js';
import { hwDirtyWp } from './hw-dirty-wp.js';
import { pageMkwrite } from './page-mkwrite.js';
import { pfnMkwrite } from './pfn-mkwrite.js';

export type { OtherWriter, StrategyCode, StrategyDefinition, StrategyOptions } from './define.js';

export const STRATEGIES: readonly StrategyDefinition[] = [fullUpload, bounceBuffer, pageMkwrite, pfnMkwrite, hwDirty, hwDirtyWp];
