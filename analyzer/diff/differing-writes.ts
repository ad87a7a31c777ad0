/** The writes that are shown, in words: what each side did, and what it cost. */
import { invariant } from '../../base/index.js';
import type { DidTree } from './did.js';
import type { Both } from './epoch-comparison.js';
import type { Find, FoundWrite } from './find-writes.js';
import type { Lanes } from './lanes.js';
import { wantedOf } from './unmatched.js';
import type { SelectedRow, SelectedWrite } from './write-selection.js';

export interface WriteSide {
  readonly seq: number;
  /** Events it brought about, in order; empty where it did nothing but write. */
  readonly did: readonly string[];
  /** `takenNs` and `collectedNs` together. */
  readonly costNs: number;
  /** Charged to its CPU since the access before: faults, walker, exits, and the flushes they bring. */
  readonly takenNs: number;
  /** Its share of what harvests spent on the page that it made dirty. */
  readonly collectedNs: number;
  /** What it waited; part of it may be the cost of others, such as a harvest on its CPU. */
  readonly stallNs: number;
  /** Where writes are not matched by CPU: which write it is on this side. */
  readonly cpu?: number;
  readonly n?: number;
  readonly page?: number;
  readonly offset?: number;
  readonly size?: number;
}

export interface DifferingWrite {
  /** In the first trail: its CPU, and its position among the writes of that CPU, from 1. */
  readonly cpu: number;
  readonly n: number;
  /** Its position among all writes. */
  readonly write: number;
  readonly space: number;
  readonly page: number;
  readonly offset: number;
  readonly size: number;
  readonly differs: ReadonlyArray<'did' | 'cost' | 'stall'>;
  /** Cost on the second side less that on the first. */
  readonly differenceNs: number;
  readonly sides: Both<WriteSide>;
}

export function describeWrites(
  writes: readonly SelectedWrite[],
  lanes: Lanes,
  tree: DidTree,
  find: Find,
): DifferingWrite[] {
  const places = [placesOn(0, writes, lanes, find), placesOn(1, writes, lanes, find)] as const;
  return writes.map(({ at, differenceNs, sides: [a, b] }, i) => {
    const [inA, inB] = [places[0][i]!, places[1][i]!];
    const differs = [
      ...((a?.did ?? 0) !== (b?.did ?? 0) ? ['did' as const] : []),
      ...(differenceNs !== 0 ? ['cost' as const] : []),
      ...((a?.stallNs ?? 0) !== (b?.stallNs ?? 0) ? ['stall' as const] : []),
    ];
    const { cpu, ordinal, space, page, offset, size } = inA;
    return {
      cpu,
      n: ordinal,
      write: at,
      space,
      page,
      offset,
      size,
      differs,
      differenceNs,
      sides: [sideOf(a, inA, lanes, tree), sideOf(b, inB, lanes, tree)],
    };
  });
}

function sideOf(row: SelectedRow | null, place: FoundWrite, lanes: Lanes, tree: DidTree): WriteSide {
  const [takenNs, collectedNs] = [row?.takenNs ?? 0, row?.collectedNs ?? 0];
  const { seq, cpu, ordinal, page, offset, size } = place;
  return {
    seq,
    did: row === null ? [] : tree.words(row.did),
    costNs: takenNs + collectedNs,
    takenNs,
    collectedNs,
    stallNs: row?.stallNs ?? 0,
    ...(lanes.mode === 'write' ? {} : { cpu, n: ordinal, page, offset, size }),
  };
}

/** Where each of them is on one side. */
function placesOn(side: 0 | 1, writes: readonly SelectedWrite[], lanes: Lanes, find: Find): FoundWrite[] {
  const found = find(
    side,
    writes.map(({ lane, order }) => wantedOf(lanes, side, lane, order)),
  );
  return found.map((place) => {
    invariant(place !== null, 'a matched write is not in its trail');
    return place;
  });
}
