/** The tables of docs/explorer-crosscheck.md, computed: what a search finds of each protocol, beside what others have found of it. */
import { explore } from '../explore.js';
import { prepare } from '../prepare.js';
import type { Setting } from '../scenario.js';
import { SCENARIOS } from '../scenarios/index.js';
import { pathTo, search } from '../search/search.js';
import { PROTOCOLS, type ProtocolSize } from './protocols.js';

/** What was found of a program. Figures that are not known are left out; numbers too long to be written down exactly are strings. */
interface Figures {
  readonly states: number;
  readonly interleavings: number | bigint | string;
  /** Ends at which a write is lost, and all ends. */
  readonly lost: number;
  readonly ends: number;
  /** Steps to a loss on a shortest way. */
  readonly shortest?: number;
  /** Preemptions that a loss takes at least. */
  readonly preemptions?: number;
}

interface Program {
  readonly id: string;
  readonly pages: number;
  readonly begins: string;
  readonly setting: Setting;
  /** Figures of a first sketch of the explorer, written down when it was thrown away. */
  readonly sketch: Figures | null;
}

/** One round, two stores to each page, one CPU. */
const ONE_ROUND = { stores: 2, cpus: 1, rounds: 1 };

/** Protocols of one round by what the sketch was run on: id, pages, how they begin, and its figures. */
const SKETCHED: ReadonlyArray<readonly [string, number, ProtocolSize['begins'], Figures | null]> = [
  ['clear-no-flush', 1, 'dirty', { states: 44, interleavings: 84, lost: 2, ends: 4, shortest: 9, preemptions: 1 }],
  [
    'clear-transfer-flush',
    1,
    'dirty',
    { states: 65, interleavings: 120, lost: 2, ends: 6, shortest: 10, preemptions: 1 },
  ],
  ['clear-flush-transfer', 1, 'dirty', { states: 62, interleavings: 98, lost: 0, ends: 5 }],
  ['plain-rmw', 1, 'clean', null],
  [
    'plain-rmw-protect',
    1,
    'clean',
    { states: 124, interleavings: 1497, lost: 1, ends: 7, shortest: 13, preemptions: 1 },
  ],
  ['plain-rmw-protect', 2, 'clean', { states: 1213, interleavings: 11_877_623, lost: 7, ends: 39, shortest: 26 }],
  ['plain-rmw-protect', 3, 'clean', { states: 8086, interleavings: '8.6e10', lost: 37, ends: 197, shortest: 39 }],
  ['atomic-protect', 1, 'clean', { states: 89, interleavings: 454, lost: 0, ends: 6 }],
  [
    'check-then-protect',
    1,
    'clean',
    { states: 80, interleavings: 240, lost: 2, ends: 5, shortest: 12, preemptions: 1 },
  ],
  ['protect-flush-check', 1, 'clean', { states: 58, interleavings: 128, lost: 0, ends: 3 }],
];

/** Scenarios of the list that the sketch had too: id, variant, and its figures. */
const SKETCHED_SCENARIOS: ReadonlyArray<readonly [string, 'buggy' | 'fixed' | null, Figures]> = [
  [
    'zap-before-flush',
    'buggy',
    { states: 642, interleavings: 809_578, lost: 3, ends: 12, shortest: 20, preemptions: 1 },
  ],
  ['zap-before-flush', 'fixed', { states: 509, interleavings: 264_100, lost: 0, ends: 9 }],
  [
    'zap-without-page-lock',
    null,
    { states: 622, interleavings: 215_629, lost: 3, ends: 12, shortest: 21, preemptions: 2 },
  ],
];

function programs(): Program[] {
  const ofProtocols = SKETCHED.map(([id, pages, begins, sketch]) => {
    const protocol = PROTOCOLS.find((one) => one.id === id)!;
    return { id, pages, begins, sketch, setting: protocol.setting({ ...ONE_ROUND, pages, begins }) };
  });
  const ofScenarios = SKETCHED_SCENARIOS.flatMap(([id, variant, sketch]) => {
    const scenario = SCENARIOS.find((one) => one.id === id);
    if (scenario === undefined) return [];
    const setting = scenario.setting(variant ?? 'buggy', scenario.architectures[0]);
    return [
      { id: variant === null ? id : `${id}, ${variant}`, pages: setting.pages, begins: 'dirty', sketch, setting },
    ];
  });
  return [...ofProtocols, ...ofScenarios];
}

async function measure(setting: Setting): Promise<Figures & { readonly verdict: string }> {
  const found = await explore(setting, { count: true });
  const { verdict, states, interleavings, badEnds, ends, execution } = found;
  const figures = { verdict, states, interleavings: interleavings ?? 'endless', lost: badEnds, ends };
  if (execution === null) return figures;
  return { ...figures, shortest: await shortestLoss(setting), preemptions: execution.preemptions };
}

/** The counterexample that `explore` shows is the one that is easiest to follow; others may be shorter. */
async function shortestLoss(setting: Setting): Promise<number> {
  const { model } = prepare(setting, false);
  const limits = { states: Infinity, seconds: Infinity, bytes: Infinity };
  const found = await search(model, { limits, graphStates: 0 });
  const { state, choice } = found.sightings.get('lost-write')!;
  return pathTo(model, found, state).length + (choice < 0 ? 0 : 1);
}

/** One round of each protocol, and the scenarios that the sketch had, with its figures in brackets. */
export async function sketchTable(): Promise<string> {
  const rows = [];
  for (const { id, pages, begins, setting, sketch } of programs()) {
    const own = await measure(setting);
    const cell = (of: (figures: Figures) => string) => of(own) + (sketch === null ? '' : ` (${of(sketch)})`);
    rows.push([
      id,
      String(pages),
      begins,
      own.verdict,
      cell(({ states }) => digits(states)),
      cell(({ interleavings }) => digits(interleavings)),
      cell(({ lost, ends }) => `${lost}/${ends}`),
      cell(({ shortest }) => digits(shortest)),
      cell(({ preemptions }) => digits(preemptions)),
    ]);
  }
  const head = [
    'program',
    'pages',
    'begins',
    'verdict',
    'states',
    'interleavings',
    'lost/ends',
    'shortest',
    'preemptions',
  ];
  return table(head, rows, 4);
}

/** The program that SPIN is given too: two rounds, and pages begin dirty. */
export function spinSetting(id: string, pages: number): Setting {
  const protocol = PROTOCOLS.find((one) => one.id === id)!;
  return protocol.setting({ pages, stores: 2, cpus: 1, rounds: 2, begins: 'dirty' });
}

/** Verdicts on those. */
export async function spinTable(): Promise<string> {
  const rows = [];
  for (const { id, inSpin } of PROTOCOLS) {
    if (!inSpin) continue;
    const [one, two] = [await measure(spinSetting(id, 1)), await measure(spinSetting(id, 2))];
    const figures = [one, two].flatMap(({ states, interleavings }) => [digits(states), digits(interleavings)]);
    rows.push([id, one.verdict === two.verdict ? one.verdict : `${one.verdict}, ${two.verdict}`, ...figures]);
  }
  return table(
    ['protocol', 'verdict', 'states', 'interleavings', 'states, 2 pages', 'interleavings, 2 pages'],
    rows,
    2,
  );
}

function digits(value: number | bigint | string | undefined): string {
  if (value === undefined) return '-';
  return typeof value === 'string' ? value : value.toLocaleString('en-US');
}

/** As Markdown; columns from `right` on are numbers. */
function table(head: readonly string[], rows: readonly (readonly string[])[], right: number): string {
  const rule = head.map((_, column) => (column < right ? '---' : '---:'));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}
