/** The table of a run: what a reader of `check-then-protect` sees, and what holds of all tables. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Execution } from '../execution.js';
import { strategySetting } from '../strategy-scenario.js';
import { renderTable } from './render-table.js';
import { runText } from './run-text.js';
import { tableOf } from './table.js';
import { counterexample, randomRuns, settingOfScenario } from './testing.js';

let checkThenProtect: Execution;
beforeAll(async () => {
  checkThenProtect = await counterexample(settingOfScenario('check-then-protect'));
});

it('shows check-then-protect', () => {
  expect(`\n${runText(checkThenProtect)}\n`).toMatchInlineSnapshot(`
    "
    PTE: P present, W writable, D dirty, A accessed; TLB: W, D or ro (neither), stale where memory gives less; *: changed; !: breaks a rule
    lacks: whether the consumer lacks what is in memory: newer where pte-dirty tells it so, unmarked where nothing does
    in a trail page 0 is 0x10000

    step  cpu0                   reclaim                 PTE        TLB cpu0     lacks
       0                                                 P W A      W            -
                                 drop page 0 if clean:
       1                         lock page table         P W A      W            -
       2                         pte load: P W A         P W A      W            -
          store to page 0:
       3  lookup: hit W                                  P W A      W            -
       4  walk: sets D                                   P W D A *  W D *        -
       5  store                                          P W D A    W D          newer *
       6  retire                                         P W D A    W D          newer
          store to page 0:
       7  lookup: hit W D                                P W D A    W D          newer
       8  store                                          P W D A    W D          newer
       9  retire                                         P W D A    W D          newer
      10                         and-not W: was P W D A  P D A *    W D stale *  newer
      11                         flush send              P D A      W D stale    newer
      12  acks flush of reclaim                          P D A      - *          newer
      13                         flush done              P D A      -            newer
      14                         pte clear: was P D A    none *     -            unmarked *
      15                         flush send              none       -            unmarked
      16  acks flush of reclaim                          none       -            unmarked
      17                         flush done              none       -            unmarked
     18!                         discard frame           none       -            gone *

    lost-write: The stores of steps 5 and 8 (cpu0) to page 0 are lost: step 18 (reclaim, discard frame) gives the frame up, and the consumer never had them.
    - Point of no return: after step 4 (cpu0, walk: sets D) no order of the remaining steps avoids it.
    - reclaim acts up to step 14 on what it saw at step 2 (pte load: P W A), though step 4 (cpu0, walk: sets D) changed the entry.
    "
  `);
});

describe('a table', () => {
  it('leaves out what never changes, and says so once', async () => {
    const { columns, constant } = tableOf(await counterexample(settingOfScenario('in-a-vm-broken')));
    expect(constant).toEqual(['page 0: P W']);
    expect(columns.map(({ title }) => title.join(' '))).toEqual([
      'step',
      'cpu0',
      'cpu1',
      'harvest',
      'shadow PTE host 0x10000',
      'TLB cpu0',
      'TLB cpu1',
      'lacks',
    ]);
  });

  it('has a column of the locks for whoever wants it', () => {
    const { columns, rows } = tableOf(checkThenProtect, { locks: true });
    const at = columns.findIndex(({ title }) => title[0] === 'locks');
    expect(rows.filter(({ step }) => step !== null).map(({ cells }) => cells[at]!.text)[1]).toBe('page table');
  });

  it.each([160, 100, 60])('keeps to %i columns, and further ones of state stand below', async (width) => {
    const setting = strategySetting({
      machine: { strategy: 'pfn-mkwrite', mutations: ['flush-first'] },
      cpus: 2,
      pages: 2,
      writes: 1,
      harvests: 2,
      evictions: 0,
    });
    const text = renderTable(tableOf(await counterexample(setting)), { width });
    const longest = Math.max(...text.split('\n').map(({ length }) => length));
    expect(longest).toBeLessThanOrEqual(width);
    expect(text.split(/^ *step /m).length - 1).toBe(width === 160 ? 1 : width === 100 ? 2 : 3);
  });

  it('gives every piece of text to whoever colours it, at its final width', () => {
    const plain = renderTable(tableOf(checkThenProtect));
    const roles = new Set<string>();
    const painted = renderTable(tableOf(checkThenProtect), {
      paint(text, role) {
        roles.add(role);
        return `\u0001${text}\u0002`;
      },
    });
    expect(painted.replace(/[\u0001\u0002]/g, '')).toBe(plain);
    expect([...roles].sort()).toEqual(['broken', 'changed', 'heading', 'operation', 'step', 'title', 'unchanged']);
  });

  it('of any run has a row for each step, marks what differs from the row above, and never says undefined (seed 1)', () => {
    for (const { name, execution } of randomRuns(1, 1)) {
      const { columns, rows } = tableOf(execution);
      const steps = rows.filter(({ step }) => step !== null);
      expect(
        steps.map(({ step }) => step),
        name,
      ).toEqual(execution.steps.map((_, at) => at + 1).toSpliced(0, 0, 0));
      steps.slice(1).forEach(({ cells }, at) => {
        const acting = cells.filter(({ text }, column) => columns[column]!.kind === 'actor' && text !== '');
        expect(acting.length, `${name}, step ${at + 1}`).toBe(1);
        cells.forEach(({ text, changed }, column) => {
          if (columns[column]!.kind === 'state') expect(changed, name).toBe(text !== steps[at]!.cells[column]!.text);
        });
      });
      expect(renderTable({ columns, rows, constant: [] }), name).not.toMatch(/undefined|NaN/);
    }
  });
});
