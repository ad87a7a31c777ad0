/**
 * What the meta says of address spaces: how entries are coded in each, what its consumer reads, and whether its frames are a guest's. In
 * a trail with a guest every mm is the guest's own, and the second stage beside them is where its frames are pages again.
 */
import { InputError } from '../../base/index.js';
import { CARRIERS, carrierMask, pteLayout, type Carrier, type PteLayout, type TrailMeta } from '../../traces/index.js';

export class Spaces {
  /** The second stage under a guest; -1 where the trail has no guest. */
  readonly secondStage: number;
  readonly #layouts: readonly PteLayout[];
  /** Carrier masks of spaces whose consumer is another than that of the trail. */
  readonly #ownReads: ReadonlyArray<number | undefined>;

  /** Throws an `InputError` when the meta names an entry layout or a carrier that this version does not know. */
  constructor({ arch, spaces }: Pick<TrailMeta, 'arch' | 'spaces'>) {
    this.#layouts = spaces.length === 0 ? [pteLayout(arch)] : spaces.map((space) => pteLayout(space.layout));
    this.#ownReads = spaces.map(({ carriers }) => (carriers === undefined ? undefined : knownCarriers(carriers)));
    const hasMm = spaces.some(({ kind }) => kind === 'mm');
    this.secondStage = hasMm ? spaces.findIndex(({ kind }) => kind === 'second-stage') : -1;
  }

  layoutOf(space: number): PteLayout {
    return this.#layouts[space] ?? this.#layouts[0]!;
  }

  /** Carrier mask of what the consumer of that space reads; undefined where it is the consumer of the trail. */
  ownReadsOf(space: number): number | undefined {
    return this.#ownReads[space];
  }

  /** Whether anybody consumes what is written in that space: the host of a guest may track nothing. */
  hasConsumer(space: number): boolean {
    const own = this.#ownReads[space];
    return own === undefined ? space !== this.secondStage : own !== 0;
  }

  /** The spaces whose consumer is another than that of the trail. */
  get withOwnReads(): number[] {
    return this.#ownReads.flatMap((reads, space) => (reads === undefined ? [] : [space]));
  }

  /** Whether pages of that space lie on frames of a guest. */
  isGuest(space: number): boolean {
    return this.secondStage >= 0 && space !== this.secondStage;
  }
}

/** The mask of carriers by name. Throws an `InputError` for one that this version does not know. */
export function knownCarriers(carriers: readonly string[]): number {
  return carrierMask(carriers.map(knownCarrier));
}

/** A consumer that reads what this version does not understand would look as if it lost what it was told there. */
function knownCarrier(carrier: string): Carrier {
  if (CARRIERS.includes(carrier as Carrier)) return carrier as Carrier;
  throw new InputError({
    what: `carrier '${carrier}' is not known`,
    why: 'the trail was written by a newer version of pagetrail',
    mend: 'read it with the version that wrote it, or a newer one',
  });
}
