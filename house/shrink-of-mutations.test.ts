/**
 * Every defect of every strategy that loses something in a recording whose operations run to completion: shrunk, it is a handful of steps that still show
 * the same finding, none of which can be left out, and the explorer finds it in their scenario or it is said why it cannot.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UsageError } from '../base/index.js';
import {
  defects,
  dispensable,
  findingsOf,
  isSame,
  recordDefect,
  shrinkTo,
  verdictOf,
} from '../explorer/shrink/testing.js';

const folder = mkdtempSync(join(tmpdir(), 'pagetrail-shrink-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Programs that are drawn for a defect until one shows it. */
const SEEDS = [1, 2, 8];
/** The most steps that a defect needs. */
const STEPS_MAX = 4;
/** Why the explorer cannot have a program. */
const OUT_OF_REACH = /^(entries of a search are small|a search has no device with an MMU of its own)$/;
let shrunkDefects = 0;

describe.each(defects('coarse'))('$strategy with $mutation.id', (defect) => {
  it('is shrunk to what shows it', async () => {
    const trail = join(folder, 'recorded.trail');
    const small = join(folder, 'small.trail');
    for (const seed of SEEDS) {
      try {
        await recordDefect(trail, defect, seed);
      } catch (error) {
        // A defect of another machine than the strategy's own.
        expect(error).toBeInstanceOf(UsageError);
        return;
      }
      const grave = findingsOf(trail).find(({ severity }) => severity === 'critical' || severity === 'high');
      if (grave === undefined) continue;
      const { shrunk, original } = await shrinkTo(trail, small);
      const { steps, minimal } = shrunk;
      expect(minimal).toBe(true);
      expect(steps.length).toBeLessThanOrEqual(STEPS_MAX);
      expect(findingsOf(small).some((finding) => isSame(finding, original))).toBe(true);
      expect(await dispensable(folder, small, steps, original)).toEqual([]);
      const { text, verdict, note } = await shrunk.scenario();
      if (text === null) expect(note).toMatch(OUT_OF_REACH);
      else expect(await verdictOf(text)).toMatchObject({ verdict, expects: verdict });
      if (text !== null) expect({ verdict, note }).toEqual({ verdict: original.id, note: null });
      shrunkDefects++;
      return;
    }
  });
});

it('most defects that need no race were shrunk', () => {
  expect(shrunkDefects).toBeGreaterThan(60);
});
