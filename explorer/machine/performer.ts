/** Who performs an operation, and what of the past its code has in hand. */
export interface Performer {
  /** Position among the actors. */
  readonly actor: number;
  readonly cpu: number;
  /** Flags that the code loaded from the entry of the operation's page, or -1. */
  readonly loaded: number;
  /** Number of the flush that the operation sends, among those of its actor. */
  readonly request: number;
}
