/** What re-execution says of a chain: of each link whether the finding needs it, and of the whole which step is at fault. */
import type { Chain } from '../../analyzer/index.js';
import type { FaultOfStep } from '../scenario.js';

/** `necessary`: without it, or with the step that is missing, the finding is gone. */
export const LINK_VERDICTS = ['necessary', 'not necessary', 'not tried'] as const;
export type LinkVerdict = (typeof LINK_VERDICTS)[number];

export interface LinkProof {
  readonly verdict: LinkVerdict;
  /** What was done and what came of it; of what was not tried, why not. */
  readonly text: string;
}

/** The step at fault. */
export interface Guilty {
  readonly actor: string;
  readonly step: string;
  readonly how: FaultOfStep;
  readonly says: string;
  /** A re-execution in which it is done as it should be does no harm. */
  readonly isConvicted: boolean;
  /** What was done otherwise there; null where nothing helped. */
  readonly by: string | null;
}

export interface Proof {
  /** `search`: every interleaving of the program, again for each question. `replay`: the recorded accesses, again for each question. */
  readonly method: 'search' | 'replay';
  /** The chain, with the step that is at fault in its place if it was not there. */
  readonly chain: Chain;
  /** One for each link of the chain. */
  readonly links: readonly LinkProof[];
  readonly guilty: Guilty | null;
  /** Other steps that would mend it, each alone. */
  readonly others: readonly Guilty[];
  /** What the proof rests on. */
  readonly notes: readonly string[];
}
