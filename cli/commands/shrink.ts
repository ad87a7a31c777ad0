/** `shrink`: the smallest program that still shows a finding, as a trail and as a scenario of the explorer. */
import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { InputError, nearest, UsageError } from '../../base/index.js';
import type { Finding } from '../../analyzer/index.js';
import type { Shrunk, Size } from '../../explorer/index.js';
import type { TrailReader } from '../../traces/index.js';
import { wholeNumber } from '../arguments.js';
import { type Answer, type Context, defineCommand, interruptOf } from '../command.js';
import { count, counted, seconds, wrapped } from '../format.js';
import type { Output } from '../output.js';
import { writeWhole } from '../report-file.js';
import { columns, table } from '../table.js';
import { openTrail } from '../trail.js';

interface Options {
  readonly finding?: FindingName;
  readonly output?: string;
  readonly scenario?: string;
  readonly maxRuns?: number;
  readonly maxSeconds?: number;
  readonly anyCause?: boolean;
}

/** Steps that people are shown: a program that was not shrunk to its end may have any number. */
const STEPS_SHOWN = 40;

/** `lost-write`, or `lost-write:2` for the second that `check` lists. */
interface FindingName {
  readonly id: string;
  /** From 1. */
  readonly nth: number;
}

/** What became of a scenario that was asked for. */
interface Scenario {
  readonly path: string | null;
  readonly verdict: string | null;
  readonly note: string | null;
}

export const shrink = defineCommand<Options>({
  name: 'shrink',
  group: 'Judge',
  summary: 'reduce a recording to the smallest program that still shows a finding',
  about:
    'Leaves out accesses, operations and harvests, CPUs, pages and settings of the machine as long as the finding stays, by the same cause, and writes ' +
    'what is left as a trail: of which nothing more can be left out. Exit code 0 if there is one; 1 if the trail has no such finding, or the ' +
    'scenario that was asked for cannot be had.',
  examples: [
    {
      line: 'pagetrail shrink a.trail -o small.trail',
      about: 'the gravest finding; `pagetrail check small.trail` shows it again',
    },
    { line: 'pagetrail shrink a.trail --finding stale-tlb-write:2', about: 'the second of those that `check` lists' },
    {
      line: 'pagetrail shrink a.trail --scenario small.litmus',
      about: 'and for `pagetrail explore ./small.litmus`, which goes through every interleaving of it',
    },
  ],
  configure(command) {
    command
      .argument('<trail>', 'a recorded trail with a finding, or a counterexample that `explore --strategy` wrote')
      .option('--finding <id[:n]>', 'the finding, and which of several (default: the gravest)', findingName)
      .option('-o, --output <trail>', 'where the small trail goes (default: TRAIL.FINDING.trail in the current folder)')
      .option('--scenario <file>', 'write it as a litmus file for `pagetrail explore` too')
      .option('--any-cause', 'the same finding by another cause will do')
      .option('--max-runs <n>', 'stop after so many programs (default: 100000)', wholeNumber('--max-runs'))
      .option('--max-seconds <n>', 'stop after so many seconds (default: 120)', wholeNumber('--max-seconds'));
  },
  async run(context, args, options) {
    const trail = args[0]!;
    const reader = await openTrail(context, trail);
    const finding = await findingOf(context, reader, options.finding ?? verdictOf(reader));
    if (finding === null) return nothing(trail, options.finding);
    const { shrink: shrinkTrail } = await import('../../explorer/index.js');
    const output = options.output ?? `${basename(trail).replace(/\.trail$/, '')}.${finding.id}.trail`;
    for (const path of [output, options.scenario]) if (path !== undefined) demandFolder(path);
    const signal = interruptOf(context);
    const { maxRuns, maxSeconds, anyCause } = options;
    const shrunk = await shrinkTrail(reader, finding, {
      ...(maxRuns !== undefined && { maxRuns }),
      ...(maxSeconds !== undefined && { maxSeconds }),
      ...(anyCause !== undefined && { anyCause }),
      signal,
      onProgress: ({ runs, steps }) =>
        context.progress.update(
          null,
          () => `${counted(runs, 'program')} tried, the smallest has ${counted(steps, 'step')}`,
        ),
    });
    context.progress.end();
    if (options.output === undefined)
      context.notice(`the trail goes to ${output}${existsSync(output) ? ', in place of the one there' : ''}`);
    await shrunk.write(output);
    const scenario =
      options.scenario === undefined || shrunk.stopped === 'interrupted'
        ? null
        : await scenarioAt(options.scenario, shrunk, signal);
    const { stepText, STEP_WORDS } = await import('../../explorer/index.js');
    return {
      json: () => ({
        trail: output,
        scenario: scenario?.path ?? null,
        ...(scenario !== null && { scenarioVerdict: scenario.verdict, scenarioNote: scenario.note }),
        finding: shrunk.finding,
        cause: shrunk.cause,
        from: shrunk.from,
        to: shrunk.to,
        runs: shrunk.runs,
        seconds: Number(shrunk.seconds.toFixed(3)),
        minimal: shrunk.minimal,
        stopped: shrunk.stopped,
        machine: shrunk.machine,
        program: shrunk.steps.map(({ cpu, kind, page, offset, size, process }) => ({
          cpu: cpu < 0 ? null : cpu,
          op: STEP_WORDS[kind],
          page: page < 0 ? null : page,
          offset,
          size,
          ...(process > 0 && { process }),
        })),
      }),
      print: (out) => print(out, trail, output, shrunk, scenario, stepText),
      exitCode: shrunk.stopped === 'interrupted' ? 130 : scenario !== null && scenario.path === null ? 1 : 0,
    };
  },
});

/** What a counterexample was explored for; nothing of a recording. */
function verdictOf({ meta: { source } }: TrailReader): FindingName | undefined {
  const { verdict } = source.parameters;
  return source.kind === 'scenario' && typeof verdict === 'string' ? { id: verdict, nth: 1 } : undefined;
}

/** What would only be found out when all is done. */
function demandFolder(path: string): void {
  const folder = dirname(path);
  if (existsSync(folder)) return;
  throw new InputError({
    what: `cannot write ${path}`,
    why: `the folder ${folder} does not exist`,
    mend: 'create the folder or choose another place',
  });
}

function findingName(text: string): FindingName {
  const [, id, nth] = /^([a-z-]+)(?::(\d+))?$/.exec(text) ?? [];
  if (id !== undefined && nth !== '0') return { id, nth: nth === undefined ? 1 : Number(nth) };
  throw new UsageError({
    what: `--finding '${text}' is no name of a finding`,
    mend: 'write the id of a detector, and which of its findings if not the first: --finding lost-write:2',
  });
}

/** The finding that is asked for; null where there is none at all. */
async function findingOf(
  context: Context,
  reader: TrailReader,
  name: FindingName | undefined,
): Promise<Finding | null> {
  const { check, DETECTORS } = await import('../../analyzer/index.js');
  const ids = DETECTORS.map(({ id }) => id);
  if (name !== undefined && !ids.includes(name.id)) {
    const guess = nearest(name.id, ids);
    throw new UsageError({
      what: `there is no detector '${name.id}'`,
      why: guess === null ? `known are ${ids.join(', ')}` : `did you mean '${guess}'?`,
      mend: 'see `pagetrail list detectors`',
    });
  }
  const { findings } = check(reader, {
    detectors: DETECTORS.filter(({ id }) => name === undefined || id === name.id),
    onProgress: (events) => context.progress.update(events / reader.events, () => `${count(events)} events`),
  });
  context.progress.end();
  const finding = findings[(name?.nth ?? 1) - 1];
  if (finding !== undefined) return finding;
  if (name === undefined || findings.length === 0) return null;
  throw new UsageError({
    what: `there is no ${name.id}:${name.nth}`,
    why: `the trail has ${counted(findings.length, 'such finding')}`,
    mend: `give --finding ${name.id}:1 to ${name.id}:${findings.length}; \`pagetrail check --all\` shows them`,
  });
}

function nothing(trail: string, name: FindingName | undefined): Answer {
  const what = name === undefined ? 'no finding' : `no ${name.id}`;
  return {
    json: () => ({ trail: null, scenario: null, finding: null }),
    print: (out) => out.line(`${out.style.bold(trail)}: ${what} to shrink`),
    exitCode: 1,
  };
}

async function scenarioAt(path: string, shrunk: Shrunk, signal: AbortSignal): Promise<Scenario> {
  const { text, verdict, note } = await shrunk.scenario(signal);
  if (text === null) return { path: null, verdict, note };
  writeWhole(path, text);
  return { path, verdict, note };
}

function print(
  out: Output,
  trail: string,
  output: string,
  shrunk: Shrunk,
  scenario: Scenario | null,
  stepText: (step: Shrunk['steps'][number]) => string,
): void {
  const { style } = out;
  const { finding, cause, from, to, runs, minimal, stopped } = shrunk;
  const why = finding.cause === undefined ? '' : ` (${cause})`;
  out.line(`${style.bold(trail)}: ${style.red(finding.id)}${why}`);
  out.line(sizes(from, to, style));
  out.line();
  out.line(`${style.bold(shrunk.summary)}  ${style.dim(shrunk.machine)}`);
  shrunk.steps.slice(0, STEPS_SHOWN).forEach((step, at) => {
    const who = step.cpu < 0 ? '     ' : `cpu ${step.cpu}`;
    const mark = at === shrunk.stepOfFinding ? style.red(`  <- ${finding.id}`) : '';
    out.line(`${shrunk.unordered ? '   -' : `${at + 1}`.padStart(4)}  ${style.dim(who)}  ${stepText(step)}${mark}`);
  });
  const more = shrunk.steps.length - STEPS_SHOWN;
  if (more > 0) out.line(style.dim(`      ... ${counted(more, 'step')} more; --json shows them`));
  if (shrunk.unordered) out.line(style.dim('   CPUs and harvests in any order; the trail has one that shows it'));
  else out.line(style.dim('   end         harvest, as at the end of every recording'));
  out.line();
  out.line(wrapped(finding.summary, out.columns, '  '));
  out.line(wrapped(`cause: ${finding.rootCause}`, out.columns, '  '));
  out.line();
  out.line(
    minimal
      ? `1-minimal: no step can be left out; ${counted(runs, 'program')} tried`
      : style.yellow(`not known to be minimal: ${STOPPED[stopped!]} after ${counted(runs, 'program')}`),
  );
  out.line(`the trail is ${output}`);
  if (scenario !== null) out.line(wrapped(scenarioText(scenario), out.columns, ''));
  // The last line, so that what comes before it is the same every time.
  out.line(style.dim(`took ${seconds(shrunk.seconds)}`));
}

const STOPPED = {
  runs: 'stopped at the number of programs that was allowed',
  seconds: 'stopped at the time that was allowed',
  interrupted: 'interrupted',
} as const;

function scenarioText({ path, verdict, note }: Scenario): string {
  if (path === null) return `no scenario: ${note}`;
  return `the scenario is ${path}: ${verdict} in the explorer${note === null ? '' : `; ${note}`}`;
}

function sizes(from: Size, to: Size, style: Output['style']): string {
  const names = ['accesses', 'operations', 'pages', 'cpus', 'harvests'] as const;
  const rows = names
    .filter((name) => name !== 'operations' || from.operations > 0)
    .map((name) => [name === 'cpus' ? 'CPUs' : name, count(from[name]), count(to[name])]);
  return table(columns('', 'recorded>', 'shrunk>'), rows, style, 2);
}
