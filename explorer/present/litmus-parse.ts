/** Reads a litmus file. What is wrong with one is said with the number of its line. */
import { InputError, UsageError } from '../../base/index.js';
import { prepare, type Prepared } from '../prepare.js';
import { RULES, type RuleId } from '../rules.js';
import type { ScenarioDefinition, VariantId } from '../scenario.js';
import { SCENARIOS } from '../scenarios/index.js';
import type { StrategyProgram } from '../strategy-scenario.js';
import { choiceWords } from './choice-words.js';
import { type Deed, DEEDS, parseDeeds } from '../program-words.js';
import {
  COUNT_KEYS,
  DECIDES_KEY,
  DOES_KEYS,
  type Litmus,
  LITMUS_HEADER,
  LITMUS_VERSION,
  MACHINE_KEYS,
  settingOf,
} from './litmus-format.js';
import {
  countIn,
  flagIn,
  type Line,
  linesIn,
  MACHINE_PREFIX,
  numberIn,
  SCENARIO_KEYS,
  unknown,
  type Value,
  valuesIn,
  wrong,
} from './litmus-lines.js';

/** @throws InputError for a file that is none, or asks for what cannot be */
export function parseLitmus(text: string): Litmus {
  const lines = linesIn(text);
  const header = lines.shift();
  checkHeader(header);
  const condition = lines.at(-1);
  if (condition === undefined)
    throw wrong(header, 'the file ends after its header', 'name a scenario, and end with a condition');
  lines.pop();
  const expects = conditionOf(condition);
  const from = lines.findIndex((line) => line.text === 'schedule');
  const values = valuesIn(from < 0 ? lines : lines.slice(0, from));
  const reduce = flagIn(values.get('reduce'));
  values.delete('reduce');
  const subject = values.has('scenario') ? scenarioIn(values) : programIn(values, header);
  const program = { ...subject, reduce };
  const prepared = prepareFor(program, [...values.values()]);
  const schedule = from < 0 ? null : scheduleIn(lines.slice(from + 1), prepared);
  return { ...program, schedule, expects };
}

function checkHeader(line: Line | undefined): asserts line is Line {
  const version = line?.text.startsWith(`${LITMUS_HEADER} `) ? line.text.slice(LITMUS_HEADER.length + 1) : null;
  const wanted = `${LITMUS_HEADER} ${LITMUS_VERSION}`;
  if (line === undefined || version === null)
    throw wrong(line, 'this is no litmus file', `its first line must be '${wanted}'`);
  if (version !== String(LITMUS_VERSION))
    throw wrong(
      line,
      `litmus files of version ${version} are not known`,
      `this version of pagetrail reads '${wanted}'`,
    );
}

/** `exists (lost-write)`, `forall (safe)`. */
function conditionOf(line: Line): RuleId | 'safe' {
  const parts = /^(exists|forall)\s*\(\s*([a-z0-9-]+)\s*\)$/.exec(line.text);
  if (parts === null)
    throw wrong(
      line,
      `'${line.text}' is no condition`,
      "end the file with 'forall (safe)' or, say, 'exists (lost-write)'",
    );
  const [, quantifier, name] = parts;
  if (quantifier === 'forall') {
    if (name === 'safe') return 'safe';
    throw wrong(
      line,
      `'forall (${name})' cannot be asked`,
      "ask 'forall (safe)', or whether a rule can be broken: 'exists (RULE)'",
    );
  }
  return ruleIn(line, name!);
}

function ruleIn(line: Line, name: string): RuleId {
  const rule = RULES.find(({ id }) => id === name);
  if (rule === undefined)
    throw unknown(
      line,
      'rule',
      name,
      RULES.map(({ id }) => id),
    );
  return rule.id;
}

type Subject = Pick<Litmus, 'scenario' | 'strategyProgram' | 'variant' | 'arch'>;

function scenarioIn(values: ReadonlyMap<string, Value>): Subject {
  const { text: id, line } = values.get('scenario')!;
  const definition = SCENARIOS.find((one) => one.id === id);
  if (definition === undefined)
    throw unknown(
      line,
      'scenario',
      id,
      SCENARIOS.map((one) => one.id),
    );
  for (const [key, value] of values)
    if (!(SCENARIO_KEYS as readonly string[]).includes(key))
      throw wrong(
        value.line,
        `'${key}' is for strategies`,
        `a scenario has its own program; give a file 'scenario' or 'machine.strategy'`,
      );
  return {
    scenario: id,
    strategyProgram: null,
    variant: variantIn(values.get('variant'), definition),
    arch: archIn(values.get('arch'), definition),
  };
}

function variantIn(value: Value | undefined, { id, variants }: ScenarioDefinition): VariantId | null {
  if (value === undefined) return variants[0] ?? null;
  const variant = variants.find((one) => one === value.text);
  if (variant !== undefined) return variant;
  if (variants.length === 0) throw wrong(value.line, `${id} has no variants`, 'leave the line out');
  throw unknown(value.line, 'variant', value.text, variants);
}

function archIn(value: Value | undefined, { architectures }: ScenarioDefinition): string {
  if (value === undefined) return architectures[0];
  if (!architectures.includes(value.text))
    throw unknown(value.line, 'architecture of this scenario', value.text, architectures);
  return value.text;
}

function programIn(values: ReadonlyMap<string, Value>, header: Line): Subject {
  for (const key of SCENARIO_KEYS) {
    const value = values.get(key);
    if (value !== undefined)
      throw wrong(value.line, `'${key}' is for scenarios`, `write ${MACHINE_PREFIX}${key}, or add 'scenario'`);
  }
  const machine: Record<string, unknown> = {};
  for (const [key, value] of values) {
    if (key.startsWith(MACHINE_PREFIX)) machine[key.slice(MACHINE_PREFIX.length)] = machineValue(key, value);
  }
  if (machine['strategy'] === undefined && machine['guest'] === undefined)
    throw wrong(
      header,
      'the file names no program',
      "give 'scenario', or 'machine.strategy' with cpus, pages, writes, harvests and evictions",
    );
  const givesDeeds = DOES_KEYS.some((key) => values.has(key));
  const counts = Object.fromEntries(
    COUNT_KEYS.map((key) => {
      const value = values.get(key);
      if (value === undefined && key === 'writes' && givesDeeds) return [key, 0];
      if (value === undefined)
        throw wrong(header, `'${key}' is missing`, `a program of a strategy needs ${COUNT_KEYS.join(', ')}`);
      return [key, countIn(key, value)];
    }),
  );
  const does = givesDeeds ? deedsIn(values, counts['cpus']!, counts['pages']!, header) : undefined;
  const decides = decidesIn(values.get(DECIDES_KEY));
  return {
    scenario: null,
    strategyProgram: {
      ...counts,
      ...(does !== undefined && { does }),
      ...(decides !== undefined && { decides }),
      machine,
    } as unknown as StrategyProgram,
    variant: null,
    arch: null,
  };
}

/** What each CPU does: all of them, and no others. */
function deedsIn(values: ReadonlyMap<string, Value>, cpus: number, pages: number, header: Line): Deed[][] {
  const surplus = values.get(DOES_KEYS.find((key, cpu) => cpu >= cpus && values.has(key)) ?? '');
  if (surplus !== undefined)
    throw wrong(surplus.line, `there is no such CPU among ${cpus}`, 'raise cpus, or leave it out');
  if (values.has('writes'))
    throw wrong(
      values.get('writes')!.line,
      "'writes' is for CPUs that do nothing else",
      'leave it out where what each CPU does is given',
    );
  return DOES_KEYS.slice(0, cpus).map((key) => {
    const value = values.get(key);
    if (value === undefined) throw wrong(header, `'${key}' is missing`, 'say of every CPU what it does, or of none');
    const deeds = parseDeeds(value.text, pages);
    if (deeds === null)
      throw wrong(
        value.line,
        `'${value.text}' is not understood`,
        `write deeds and pages from 0 to ${pages - 1}, as 'store 0, load 0'; known are ${Object.keys(DEEDS).join(', ')}, and 'all' for the pages of an unmap or move`,
      );
    return deeds;
  });
}

function decidesIn(value: Value | undefined): RuleId[] | undefined {
  return value?.text.split(',').map((word) => ruleIn(value.line, word.trim()));
}

function machineValue(key: string, value: Value): unknown {
  const kind = MACHINE_KEYS[key.slice(MACHINE_PREFIX.length) as keyof typeof MACHINE_KEYS];
  if (kind === 'number') return numberIn(key, value);
  if (kind === 'flag') return flagIn(value);
  if (kind === 'words') return value.text === '' ? [] : value.text.split(',').map((word) => word.trim());
  return value.text;
}

/** The program on its machine; what the machine is not made for is wrong with the lines that ask for it. */
function prepareFor(program: Subject & { readonly reduce: boolean }, values: readonly Value[]): Prepared {
  try {
    return prepare(settingOf(program), program.reduce);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const numbers = values.map(({ line }) => line.number);
    const { what, why, mend } = error;
    const text = {
      what: `lines ${Math.min(...numbers)} to ${Math.max(...numbers)}: ${what}`,
      ...(why && { why }),
      ...(mend && { mend }),
    };
    throw new InputError(text, { cause: error });
  }
}

/** The numbers of the choices, each of which must be possible when its turn comes. */
function scheduleIn(lines: readonly Line[], prepared: Prepared): number[] {
  const words = choiceWords(prepared);
  return lines.map((line) => {
    const choice = words.indexOf(line.text.replace(/\s+/g, ' '));
    if (choice < 0) throw unknown(line, 'choice of this program', line.text, words);
    if (!prepared.model.apply(choice))
      throw wrong(
        line,
        `'${line.text}' is not possible here`,
        'whoever it is has ended or must wait, or there is nothing to act on',
      );
    return choice;
  });
}
