/** Why a write was lost, as a word, in a sentence, and what mends it. */
export type LossCause =
  | 'missing-flush'
  | 'flush-before-change'
  | 'transfer-before-flush'
  | 'transfer-before-clear'
  | 'overwritten-dirty'
  | 'dropped-mark'
  | 'not-armed'
  | 'caches-not-flushed'
  | 'unmapped-uncollected'
  | 'dropped-by-move'
  | 'dropped-by-split'
  | 'missing-notifier'
  | 'dirty-never-set'
  | 'huge-marked-in-part'
  | 'never-marked';

export interface Explanation {
  readonly cause: LossCause;
  readonly rootCause: string;
  readonly fix: string;
}
