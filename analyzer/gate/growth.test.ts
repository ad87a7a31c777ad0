/** The event that goes beyond a limit, against the cost of every prefix of the trail. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../base/index.js';
import { copyRows, drawn, MemorySource } from '../../replayer/testing/drawn.js';
import { randomEvents, randomMeta } from '../../replayer/testing/random-events.js';
import { EventBatch } from '../../traces/index.js';
import { cost } from '../cost/index.js';
import { firstBeyond } from './growth.js';
import { METRICS, metricNamed } from './metrics.js';

const EVENTS = 900;

function prefix(whole: EventBatch, events: number, seed: number): MemorySource {
  const chunks: EventBatch[] = [];
  for (let from = 0; from < events; from += 101) {
    const chunk = new EventBatch(Math.min(101, events - from));
    copyRows(whole, from, from + chunk.capacity, chunk);
    chunks.push(chunk);
  }
  return new MemorySource(chunks, randomMeta(seed), null);
}

const GROWING = METRICS.filter(({ growth }) => growth !== undefined && growth.of !== 'lost');

describe.each(GROWING.map((metric) => [metric.name, metric] as const))('%s', (_, metric) => {
  it.each([1, 2, 4, 7])('goes beyond a limit at the first event after which cost says so, seed %i', (seed) => {
    const whole = randomEvents(seed, EVENTS);
    const random = new Random(seed);
    const reports = new Map<number, number>();
    const valueAfter = (events: number): number => {
      const known = reports.get(events) ?? metric.valueOf(cost(prefix(whole, events, seed)));
      reports.set(events, known);
      return known;
    };
    const source = prefix(whole, EVENTS, seed);
    const total = valueAfter(EVENTS);
    expect(firstBeyond(source, metric.growth!, total)).toBeNull();
    if (total === 0) return;
    for (const limit of [0, random.below(total), total - 1]) {
      // The figure grows with the trail, so the first event is found by halves.
      let [below, above] = [0, EVENTS];
      while (above - below > 1) {
        const middle = (below + above) >>> 1;
        if (valueAfter(middle) > limit) above = middle;
        else below = middle;
      }
      const place = firstBeyond(source, metric.growth!, limit);
      expect(place).toMatchObject({ seq: above, timeNs: whole.time[above - 1], cpu: whole.cpu[above - 1] });
      if (place!.page !== null && metric.growth!.of !== 'false-reports')
        expect(place!.page).toBe(whole.page[above - 1]);
    }
  });
});

describe('what is lost', () => {
  const LOSSES = drawn(`
    map 16 frame=70
    map 17 frame=71
    map 18 frame=72
    write 16
    write 17
    write 17
    harvest-begin 1
    transfer 16+2
    harvest-end 1
    write 17
    cpu1 write 16 @500
    write 17
  `);

  it.each([
    ['lostWrites', 0, { seq: 10, timeNs: 100, cpu: 0, page: 17 }],
    ['lostWrites', 1, { seq: 10, timeNs: 100, cpu: 0, page: 17 }],
    ['lostWrites', 2, { seq: 11, timeNs: 500, cpu: 1, page: 16 }],
    ['lostWrites', 3, null],
    ['lostPages', 0, { seq: 10, timeNs: 100, cpu: 0, page: 17 }],
    ['lostPages', 1, { seq: 11, timeNs: 500, cpu: 1, page: 16 }],
    ['lostPages', 2, null],
  ])('%s beyond %i', (name, limit, expected) => {
    expect(metricNamed(name)!.valueOf(cost(LOSSES))).toBe(name === 'lostWrites' ? 3 : 2);
    expect(firstBeyond(LOSSES, metricNamed(name)!.growth!, limit)).toEqual(expected);
  });
});

it('metrics: every number of a cost report is one, and every one is a number of it', () => {
  const report = cost(prefix(randomEvents(3, EVENTS), EVENTS, 3));
  const numbers = (value: unknown, path: string): string[] => {
    if (typeof value === 'number') return [path];
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
    return Object.entries(value).flatMap(([key, inner]) => numbers(inner, path === '' ? key : `${path}.${key}`));
  };
  const names = METRICS.map(({ name }) => name);
  expect(names.filter((name) => !name.startsWith('exitsByReason.')).sort()).toEqual(
    numbers(report, '')
      .filter((name) => !name.startsWith('exitsByReason.'))
      .sort(),
  );
  expect(names).toEqual(
    expect.arrayContaining(numbers(report, '').filter((name) => name.startsWith('exitsByReason.'))),
  );
  const called = METRICS.flatMap(({ name, short }) => (short === undefined ? [name] : [name, short]));
  expect(new Set(called).size).toBe(called.length);
  for (const metric of METRICS) {
    const path = metric.name.split('.');
    const value = path.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], report);
    expect(metric.valueOf(report), metric.name).toBe(value ?? 0);
  }
});
