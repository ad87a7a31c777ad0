/** A spread as people look at it: a line of percentiles and a bar for each group of buckets. */
import type { Bucket, Spread } from '../analyzer/index.js';
import { count, nanoseconds } from './format.js';
import type { Output } from './output.js';
import { bar, type Glyphs, maxOf } from './plot.js';

/** Bars in a histogram. Chosen: what is seen at a glance. */
const BARS_MAX = 16;
/** Characters of the longest bar, at the most. */
const BAR_WIDTH = 50;

/** The value of a spread in its unit. */
export function valueText({ unit }: Pick<Spread, 'unit'>, value: number): string {
  return unit === 'ns' ? nanoseconds(Math.round(value)) : count(Math.round(value));
}

/** Prints a spread under its name; `nothing` where it holds no value. */
export function printSpread(out: Output, name: string, spread: Spread, glyphs: Glyphs, nothing: string): void {
  const { style } = out;
  if (spread.count === 0) {
    out.line(`  ${name}: ${nothing}`);
    return;
  }
  const text = (value: number) => valueText(spread, value);
  const unit = spread.unit === 'ns' ? '' : `, in ${spread.unit}`;
  if (spread.min === spread.max) {
    out.line(`  ${name} (${count(spread.count)}${unit}): ${text(spread.min)} each`);
    return;
  }
  out.line(`  ${name} (${count(spread.count)}${unit})`);
  out.line(
    style.dim(
      `    min ${text(spread.min)}  p50 ${text(spread.p50)}  p90 ${text(spread.p90)}  p99 ${text(spread.p99)}  ` +
        `p99.9 ${text(spread.p999)}  max ${text(spread.max)}${spread.exact ? '' : '  (rounded down by less than 1.6 %)'}`,
    ),
  );
  const groups = grouped(spread.buckets);
  const labels = groups.map((group) => rangeText(spread, group));
  const labelWidth = labels.reduce((most, label) => Math.max(most, label.length), 0);
  const counts = groups.map((group) => count(group.count));
  const countWidth = counts.reduce((most, label) => Math.max(most, label.length), 0);
  const width = Math.max(4, Math.min(BAR_WIDTH, out.columns - labelWidth - countWidth - 9));
  const max = maxOf(groups.map((group) => group.count));
  for (const [i, group] of groups.entries()) {
    const drawn = bar(group.count, max, width, glyphs);
    out.line(
      `    ${labels[i]!.padStart(labelWidth)} ${counts[i]!.padStart(countWidth + 1)} ${style.cyan(drawn)}`.trimEnd(),
    );
  }
}

/** Bounds have one digit that is not 0, so fractions say nothing. */
function rangeText(spread: Spread, { from, below }: Bucket): string {
  const text = (value: number) => valueText(spread, value).replace(/\.0+(?= )/, '');
  return below - from <= 1 ? text(from) : `${text(from)} .. ${text(below)}`;
}

/** Buckets put together so that there are few enough bars: as they are within a decade, to 1, 2, 5, 10, ..., or by decade. Gaps are filled. */
export function grouped(buckets: readonly Bucket[]): Bucket[] {
  const first = Math.max(1, buckets[0]?.from ?? 0);
  const last = buckets.at(-1)?.from ?? 0;
  if (last < first * 10) return groupedBy(buckets, DIGITS);
  const groups = groupedBy(buckets, HALVES);
  return groups.length <= BARS_MAX ? groups : groupedBy(buckets, DECADES);
}

/** First digits at which groups begin. */
const DIGITS = [1, 2, 3, 4, 5, 6, 7, 8, 9];
const HALVES = [1, 2, 5];
const DECADES = [1];

function groupedBy(buckets: readonly Bucket[], digits: readonly number[]): Bucket[] {
  const last = buckets.at(-1);
  if (last === undefined) return [];
  const groups: Array<{ from: number; below: number; count: number }> = [];
  let [from, below] = groupOf(buckets[0]!.from, digits);
  let at = 0;
  while (from <= last.from) {
    const group = { from, below, count: 0 };
    for (; at < buckets.length && buckets[at]!.from < below; at++) group.count += buckets[at]!.count;
    groups.push(group);
    [from, below] = groupOf(below, digits);
  }
  return groups;
}

/** The group that a value is in: 0 alone, then from one of the digits, times a power of ten, to the next. */
function groupOf(value: number, digits: readonly number[]): [from: number, below: number] {
  if (value < 1) return [0, 1];
  let step = 1;
  while (step * 10 <= value) step *= 10;
  const index = digits.findLastIndex((digit) => digit * step <= value);
  return [digits[index]! * step, (digits[index + 1] ?? 10) * step];
}
