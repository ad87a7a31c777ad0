/** What a catalogue of things to choose from is, as `list` prints it. */

export interface Entry {
  readonly id: string;
  readonly summary: string;
  /** Lines for people. */
  readonly details?: readonly string[];
  /** What stands beside id and summary in JSON. */
  readonly facts?: Readonly<Record<string, unknown>>;
}

export interface Catalogue {
  /** The word for `pagetrail list <name>`, and the key in JSON. */
  readonly name: string;
  readonly about: string;
  readonly entries: readonly Entry[];
}
