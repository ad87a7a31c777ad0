/** What re-execution says of a chain: of each link whether the finding needs it, and of the whole which step is at fault. */
import type { Chain } from '../../analyzer/index.js';
import type { CostId, FaultOfStep } from '../scenario.js';

/** `necessary`: without it, or with the step that is missing, the finding is gone. */
export const LINK_VERDICTS = ['necessary', 'not necessary', 'not tried'] as const;
export type LinkVerdict = (typeof LINK_VERDICTS)[number];

export interface LinkProof {
  readonly verdict: LinkVerdict;
  /** What was done and what came of it; of what was not tried, why not. */
  readonly text: string;
}

/** What a program that does no harm, and only costs, comes to at worst for each page that was written anew: as it was, and with the step done otherwise. */
export interface Left {
  readonly cost: CostId;
  readonly before: number;
  readonly after: number;
}

/** The step at fault. */
export interface Guilty {
  readonly actor: string;
  readonly step: string;
  readonly how: FaultOfStep;
  readonly says: string;
  /** A re-execution in which it is done as it should be does no harm; of what only costs, it costs less. */
  readonly isConvicted: boolean;
  /** What was done otherwise there; null where nothing helped. */
  readonly by: string | null;
  /** What is left of the finding then; null where nothing is. */
  readonly left: Left | null;
}

export interface Proof {
  /** `search`: every interleaving of the program, again for each question. `replay`: the recorded accesses, again for each question. */
  readonly method: 'search' | 'replay';
  /** The chain, with the step that is at fault in its place if it was not there. */
  readonly chain: Chain;
  /** One for each link of the chain. */
  readonly links: readonly LinkProof[];
  readonly guilty: Guilty | null;
  /** Other steps that would mend it, each alone; whoever is blamed before the others comes first. */
  readonly others: readonly Guilty[];
  /** What the proof rests on. */
  readonly notes: readonly string[];
}
