/** One reading of two trails in step, with all that is compared on the way. `diff.ts` words the answer. */
import type { EventSource } from '../../replayer/index.js';
import { uncapturedWrites } from '../collectors/uncaptured-writes.js';
import { COST_COLLECTORS, costOf, costTally, type CostReport } from '../cost/index.js';
import { Pass, type PassResults } from '../pass.js';
import type { CostAttribution } from './cost-buckets.js';
import { DidTree } from './did.js';
import { type DifferingWrite, describeWrites } from './differing-writes.js';
import {
  type Both,
  EpochComparison,
  type Divergence,
  type EpochDifference,
  type Meeting,
  type Stretch,
} from './epoch-comparison.js';
import { type Find, findWrites, seqOfWrite } from './find-writes.js';
import { type AlignmentMode, Lanes } from './lanes.js';
import { locateMisalignments, type Misalignment } from './misalignment.js';
import { comparePages, type PageDifferences, type PageOptions } from './page-differences.js';
import { SideFacts } from './side-facts.js';
import { SideWrites } from './side-writes.js';
import { type Alignment, describeAlignment, matchedIn } from './unmatched.js';
import { BLOCK_WRITES } from './write-digest.js';
import { WriteJoin, type WriteTotals } from './write-join.js';
import { type SelectionOptions, WriteSelection } from './write-selection.js';

export interface ComparisonOptions {
  readonly writes: SelectionOptions;
  readonly pages: PageOptions;
  readonly onProgress: ((events: number) => void) | undefined;
}

export interface EpochDiff extends EpochDifference {
  readonly faults: Both<number>;
  readonly bytesTransferred: Both<number>;
  readonly overheadNs: Both<number>;
}

/** Rows that wait for the other side before lanes of pages are gone through: doing so for every chunk would take longer than the rest. */
const SWEEP_ROWS = 200_000;
/** Rows that may wait for good, some 120 bytes each. Beyond that, lanes are counted and no longer compared. */
const ROWS_MAX = 1_000_000;

export class Comparison {
  readonly aligned: boolean;
  readonly misalignment: Misalignment | null;
  /** Each side has writes that the other has not. */
  readonly holdsOtherWrites: boolean;
  readonly firstDivergence: Divergence | null;
  readonly reconverges: Meeting | null;
  readonly divergences: { readonly total: number; readonly stretches: readonly Stretch[] };
  /** Every harvest was compared. */
  readonly complete: boolean;
  readonly epochsComparable: boolean;
  readonly epochCounts: Both<number>;
  readonly epochs: readonly EpochDiff[];
  readonly #sources: Both<EventSource>;
  readonly #options: ComparisonOptions;
  readonly #lanes: Lanes;
  readonly #tree = new DidTree();
  readonly #facts: Both<SideFacts>;
  readonly #writes: Both<SideWrites>;
  readonly #join: WriteJoin;
  readonly #selection: WriteSelection;
  readonly #epochs: EpochComparison;
  readonly #passes: Both<Pass>;
  readonly #results: Both<PassResults>;
  readonly #matched: Float64Array;
  /** By chunk of each side: writes of each CPU before it. */
  readonly #before: Both<number[][]> = [[], []];

  /** Throws an `InputError` when a trail cannot be read. */
  constructor(sources: Both<EventSource>, mode: AlignmentMode, options: ComparisonOptions) {
    this.#sources = sources;
    this.#options = options;
    this.#lanes = new Lanes(mode);
    this.#facts = [new SideFacts(), new SideFacts()];
    this.#writes = [
      new SideWrites(this.#facts[0], this.#tree, this.#lanes, 0, (row) => this.#join.closed(0, row)),
      new SideWrites(this.#facts[1], this.#tree, this.#lanes, 1, (row) => this.#join.closed(1, row)),
    ];
    this.#selection = new WriteSelection(options.writes);
    this.#join = new WriteJoin([this.#writes[0].records, this.#writes[1].records], this.#selection);
    const isCutShort = sources.map(({ ending }) => ending?.complete !== true) as [boolean, boolean];
    this.#epochs = new EpochComparison(this.#facts, mode !== 'write', isCutShort);
    this.#passes = [this.#passOf(0), this.#passOf(1)];
    try {
      this.#step();
    } finally {
      for (const pass of this.#passes) pass.end();
    }
    this.#results = [this.#passes[0].finish(), this.#passes[1].finish()];
    for (const side of [0, 1] as const)
      this.#writes[side].countLost(this.#results[side].end, this.#results[side].facts(uncapturedWrites));

    const blocks = this.#facts[0].digest.differsFrom(this.#facts[1].digest);
    const misalignments = locateMisalignments(...sources, blocks);
    this.aligned = misalignments.length === 0;
    this.misalignment = misalignments[0] ?? null;
    this.#matched = matchedIn(this.#lanes, misalignments);
    for (let lane = 0; lane < this.#lanes.length; lane++)
      this.#join.advance(lane, Math.min(this.#matched[lane]!, this.#lanes.blindFrom(lane) - 1));
    this.#join.finish();
    const matched = this.#matched.reduce((sum, writes) => sum + writes, 0);
    this.holdsOtherWrites = this.#facts.every(({ writes }) => writes > matched);

    // What lies behind the first writes that differ is no longer about the same writes.
    const isAbout = ({ seqs }: Meeting) =>
      misalignments.every((at) => at.seqs.every((seq, side) => seqs[side]! < (seq ?? Infinity)));
    const stretches = this.#epochs.stretches
      .map((stretch) => ({ from: this.#placed(stretch.from), to: stretch.to && this.#placed(stretch.to) }))
      .filter(({ from }) => isAbout(from))
      .map(({ from, to }) => ({ from, to: to !== null && isAbout(to) ? to : null }));
    const isCut = stretches.length < this.#epochs.stretches.length;
    this.divergences = { total: isCut ? stretches.length : this.#epochs.stretchesTotal, stretches };
    const divergence = stretches.length > 0 ? this.#epochs.firstDivergence : null;
    this.firstDivergence = divergence && { ...divergence, ...stretches[0]!.from };
    this.reconverges = stretches[0]?.to ?? null;
    this.complete = this.#epochs.complete;
    this.epochsComparable = this.#epochs.comparable && mode === 'write';
    this.epochCounts = [this.#facts[0].closed, this.#facts[1].closed];
    this.epochs = withCosts(this.#epochs, this.#results);
  }

  /** What one side cost, and whose cost that is. */
  side(side: 0 | 1): { readonly cost: CostReport; readonly attribution: CostAttribution } {
    return {
      cost: costOf(this.#sources[side], this.#results[side]),
      attribution: this.#writes[side].buckets.attribution(),
    };
  }

  /** How the writes were matched. @param chosen nobody asked for that way */
  alignment(chosen: boolean): Alignment {
    return describeAlignment(this.#lanes, this.#matched, chosen, this.#find);
  }

  /** The writes that differ. */
  get differing(): {
    readonly writeTotals: WriteTotals & { readonly inStretch: number };
    readonly writes: readonly DifferingWrite[];
    readonly topWrites: readonly DifferingWrite[];
  } {
    const [listed, dearest] = [this.#selection.listed(), this.#selection.dearest()];
    const described = describeWrites([...listed, ...dearest], this.#lanes, this.#tree, this.#find);
    return {
      writeTotals: { ...this.#join.totals, inStretch: this.#selection.inStretch },
      writes: described.slice(0, listed.length),
      topWrites: described.slice(listed.length),
    };
  }

  get pageDifferences(): PageDifferences {
    const [a, b] = this.#writes;
    const ends = [this.#results[0].end, this.#results[1].end] as const;
    return comparePages([a.pages, b.pages], ends, this.#lanes, this.#options.pages);
  }

  readonly #find: Find = (side, wanted) => findWrites(this.#sources[side], wanted, this.#before[side]);

  #passOf(side: 0 | 1): Pass {
    const collectors = [this.#facts[side].collector('diff-side'), this.#writes[side].collector('diff-writes')];
    return new Pass(this.#sources[side], [...COST_COLLECTORS, ...collectors]);
  }

  /** Steps whichever pass has seen fewer writes, so that little waits for the other side. */
  #step(): void {
    const ended: [boolean, boolean] = [false, false];
    while (!ended[0] || !ended[1]) {
      const ahead = this.#facts[0].writes - this.#facts[1].writes || this.#passes[0].events - this.#passes[1].events;
      const side = ended[0] || (!ended[1] && ahead > 0) ? 1 : 0;
      this.#before[side].push([...this.#facts[side].ordinals]);
      if (!this.#passes[side].step()) ended[side] = true;
      this.#epochs.advance(ended);
      this.#advanceWrites();
      this.#options.onProgress?.(this.#passes[0].events + this.#passes[1].events);
    }
  }

  #advanceWrites(): void {
    if (this.#lanes.mode === 'write') {
      const [a, b] = [this.#facts[0].digest, this.#facts[1].digest];
      for (const cpu of a.cpus()) {
        const { writes, parted } = a.agreed(cpu, b);
        this.#join.advance(cpu + 1, writes);
        // The block that differs is kept, to be compared up to the write that does.
        if (parted) this.#lanes.blind(cpu + 1, writes + BLOCK_WRITES + 1);
      }
    } else if (this.#join.waiting > SWEEP_ROWS) {
      for (let lane = 0; lane < this.#lanes.length; lane++)
        this.#join.advance(lane, Math.min(this.#lanes.common(lane), this.#lanes.blindFrom(lane) - 1));
    }
    if (this.#join.waiting > ROWS_MAX) this.#lanes.blindAll();
  }

  /** With the seq on a side that has no harvest there looked up. */
  #placed(point: Meeting): Meeting {
    const { write, seqs, epochs } = point;
    const seq = (side: 0 | 1) => (epochs[side] === null ? seqOfWrite(this.#sources[side], write) : seqs[side]);
    return { write, seqs: [seq(0), seq(1)], epochs };
  }
}

/** With what each side's epochs cost, those since the common harvest before taken together. */
function withCosts({ epochs, closedBy }: EpochComparison, results: Both<PassResults>): EpochDiff[] {
  const sides = [results[0].facts(costTally).epochs, results[1].facts(costTally).epochs] as const;
  const done = [0, 0];
  return epochs.map((epoch, i) => {
    const window = ([0, 1] as const).map((side) => {
      const from = done[side]!;
      done[side] = closedBy[i]![side];
      const sum = (column: readonly number[]) =>
        column.slice(from, done[side]).reduce((total, value) => total + value, 0);
      const { faults, bytesTransferred, overheadNs } = sides[side];
      return { faults: sum(faults), bytesTransferred: sum(bytesTransferred), overheadNs: sum(overheadNs) };
    });
    const both = (name: 'faults' | 'bytesTransferred' | 'overheadNs') => [window[0]![name], window[1]![name]] as const;
    return {
      ...epoch,
      faults: both('faults'),
      bytesTransferred: both('bytesTransferred'),
      overheadNs: both('overheadNs'),
    };
  });
}
