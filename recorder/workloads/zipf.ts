/**
 * Writes whose pages follow Zipf's law: the k-th most popular page is written in proportion to 1 / k^0.99, as keys are in the
 * YCSB benchmark (Cooper et al., SoCC 2010, after Gray et al., SIGMOD 1994). Drawn exactly, by an alias table (Walker 1977,
 * Vose 1991): one column and one coin a write. Popular pages lie scattered: the seed permutes them.
 */
import { Random } from '../../base/index.js';
import { BASE_PAGE, defineWorkload } from './workload.js';

const EXPONENT = 0.99;
const WRITE_BYTES = 8;
/** Bits of the coin; the other 9 of its 32 choose the place in the page. */
const COIN_SIDES = 2 ** 23;

export const zipf = defineWorkload({
  id: 'zipf',
  summary: `writes 8 bytes at a time, popular pages far more often than others (Zipf, s = ${EXPONENT})`,
  defaults: { writes: 20_000_000, pages: 4_096, cpus: 1 },
  pattern({ pages, seed }) {
    const random = new Random(seed);
    const { own, other, ownSides } = aliasTable(zipfShares(pages), permutation(pages, random));
    return (batch, from, to) => {
      const { page, offset } = batch;
      batch.size.fill(WRITE_BYTES, from, to);
      for (let row = from; row < to; row++) {
        const column = random.below(pages);
        const draw = random.uint32();
        page[row] = draw >>> 9 < ownSides[column]! ? own[column]! : other[column]!;
        offset[row] = (draw & 511) * WRITE_BYTES;
      }
    };
  },
});

/** Probability of each rank, times the number of ranks. */
function zipfShares(ranks: number): Float64Array {
  const shares = Float64Array.from({ length: ranks }, (_, rank) => (rank + 1) ** -EXPONENT);
  const total = shares.reduce((sum, share) => sum + share, 0);
  return shares.map((share) => (share / total) * ranks);
}

/** Page number by rank (Fisher-Yates). */
function permutation(pages: number, random: Random): Uint32Array {
  const pageOf = Uint32Array.from({ length: pages }, (_, index) => BASE_PAGE + index);
  for (let last = pages - 1; last > 0; last--) {
    const chosen = random.below(last + 1);
    [pageOf[last], pageOf[chosen]] = [pageOf[chosen]!, pageOf[last]!];
  }
  return pageOf;
}

interface AliasTable {
  /** Page of a column. */
  readonly own: Uint32Array;
  /** The page that fills up the column. */
  readonly other: Uint32Array;
  /** Sides of the coin, of COIN_SIDES, on which the column's own page is taken. */
  readonly ownSides: Uint32Array;
}

/** Vose's construction: what a rank has above 1 tops up the columns of ranks below 1. Uses up `shares`. */
function aliasTable(shares: Float64Array, pageOf: Uint32Array): AliasTable {
  const ranks = shares.length;
  const other = Uint32Array.from(pageOf);
  const ownSides = new Uint32Array(ranks).fill(COIN_SIDES);
  const small: number[] = [];
  const large: number[] = [];
  for (let rank = 0; rank < ranks; rank++) (shares[rank]! < 1 ? small : large).push(rank);
  while (small.length > 0 && large.length > 0) {
    const rank = small.pop()!;
    const donor = large[large.length - 1]!;
    ownSides[rank] = Math.round(shares[rank]! * COIN_SIDES);
    other[rank] = pageOf[donor]!;
    shares[donor] = shares[donor]! - (1 - shares[rank]!);
    if (shares[donor]! < 1) small.push(large.pop()!);
  }
  return { own: pageOf, other, ownSides };
}
