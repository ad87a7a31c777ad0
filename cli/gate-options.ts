/** The options of `check` that make a gate of it. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Rule } from '../analyzer/index.js';
import { InputError, UsageError } from '../base/index.js';
import { repeated } from './arguments.js';

export interface GateOptions {
  readonly no?: readonly string[];
  readonly max?: readonly string[];
  readonly min?: readonly string[];
  readonly gate?: readonly string[];
  readonly baseline?: string;
  readonly sameWrites?: boolean;
  readonly onlyGate?: boolean;
  readonly junit?: string;
  readonly sarif?: string;
}

export function addGateOptions(command: Command): void {
  command
    .option('--no <detector>', 'refuse any finding of that detector, whatever its severity', repeated)
    .option('--max <metric=limit>', 'refuse more: 1000, 500us, 64KiB; +2% or 1.1x of the baseline', repeated)
    .option('--min <metric=limit>', 'refuse less', repeated)
    .option('--gate <file>', 'rules from a JSON file: {"no": [..], "max": {..}, "min": {..}}', repeated)
    .option('--baseline <trail>', 'the trail that relative limits are about')
    .option('--same-writes', 'refuse a baseline that holds other writes')
    .option('--only-gate', 'exit with 1 for broken rules only, not for findings')
    .option('--junit <file>', 'a report as JUnit XML; - is stdout, and the text goes to stderr')
    .option('--sarif <file>', 'a report as SARIF 2.1.0; - is stdout, and the text goes to stderr');
}

type Analyzer = typeof import('../analyzer/index.js');

/** The rules, those of files first. Throws a `UsageError` for options that do not go together, too. */
export function readRules(analyzer: Analyzer, options: GateOptions, json: boolean): Rule[] {
  const detectors = analyzer.DETECTORS.map(({ id }) => id);
  const rules = [
    ...(options.gate ?? []).flatMap((path) => analyzer.rulesOfFile(readGate(path), path, detectors)),
    ...(options.no ?? []).map((id) => analyzer.noRule(id, detectors)),
    ...(options.max ?? []).map((text) => analyzer.limitRule('max', text)),
    ...(options.min ?? []).map((text) => analyzer.limitRule('min', text)),
  ];
  if (options.baseline === undefined) analyzer.requireBaseline(rules);
  refuseLoose(options, rules.length > 0, json);
  return rules;
}

function refuseLoose(options: GateOptions, hasRules: boolean, json: boolean): void {
  const needsRules = [
    ['--only-gate', options.onlyGate === true],
    ['--baseline', options.baseline !== undefined && options.sameWrites !== true],
  ] as const;
  for (const [option, given] of needsRules) {
    if (!given || hasRules) continue;
    throw new UsageError({
      what: `${option} is given, but no rule`,
      why: 'without --no, --max, --min or --gate there is no gate',
      mend: 'add a rule, for instance --max faults=+2%',
    });
  }
  if (options.sameWrites === true && options.baseline === undefined) {
    throw new UsageError({
      what: '--same-writes is given, but no baseline',
      why: 'there is nothing that the writes could be the same as',
      mend: 'add --baseline BASE.trail',
    });
  }
  const onStdout = [json, options.junit === '-', options.sarif === '-'].filter((is) => is).length;
  if (onStdout > 1) {
    throw new UsageError({
      what: 'more than one report is to go to stdout',
      why: 'of --json, --junit - and --sarif - one can have it',
      mend: 'let the others go to files',
    });
  }
}

function readGate(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new InputError(
      {
        what: `${path} cannot be read`,
        why: missing ? 'there is no such file' : (error as Error).message,
        mend: 'check the path',
      },
      { cause: error },
    );
  }
}
