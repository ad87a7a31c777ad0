/**
 * Rules of a gate, read from text: `--no lost-write`, `--max faults=+2%`, `--min writes=1000`, or a JSON file of the same. Everything that is
 * wrong with a rule is said here, before a trail is read.
 */
import { amount, nearest, SIZE_UNITS, TIME_UNITS, UsageError } from '../../base/index.js';
import { type Metric, type MetricUnit, METRICS, metricNamed } from './metrics.js';

export type Limit =
  | { readonly kind: 'absolute'; readonly value: number }
  /** So many times the figure of the baseline. */
  | { readonly kind: 'relative'; readonly factor: number };

/** Nothing of that detector may be found. */
export interface NoRule {
  readonly kind: 'no';
  /** As it was written, for people. */
  readonly text: string;
  readonly detector: string;
}

export interface LimitRule {
  readonly kind: 'max' | 'min';
  readonly text: string;
  readonly metric: Metric;
  readonly limit: Limit;
}

export type Rule = NoRule | LimitRule;

/** Throws a `UsageError` for a detector that is not known. */
export function noRule(detector: string, known: readonly string[]): NoRule {
  if (known.includes(detector)) return { kind: 'no', text: `no ${detector}`, detector };
  const guess = nearest(detector, known);
  throw new UsageError({
    what: `detector '${detector}' is not known`,
    ...(guess !== null && { why: `did you mean '${guess}'?` }),
    mend: 'the ids are in `pagetrail list detectors`',
  });
}

/** Reads METRIC=LIMIT. Throws a `UsageError` that says what is wrong with it. */
export function limitRule(kind: 'max' | 'min', text: string): LimitRule {
  const [, name, figure] = /^\s*([^=]+?)\s*=\s*(.*?)\s*$/.exec(text) ?? [];
  if (name === undefined || figure === undefined || figure === '') {
    throw new UsageError({
      what: `--${kind} '${text}' is not METRIC=LIMIT`,
      why: 'a figure of `pagetrail cost --json` is limited by a number, or by that of a baseline',
      mend: `for instance --${kind} faults=1000, --${kind} overhead=500us or --${kind} bytesTransferred=1.1x`,
    });
  }
  const metric = metricNamed(name);
  if (metric === null) throw unknownMetric(name);
  return { kind, text: `${kind} ${name}=${figure}`, metric, limit: limitOf(metric, figure) };
}

function unknownMetric(name: string): UsageError {
  const names = METRICS.flatMap((metric) => [metric.name, ...(metric.short === undefined ? [] : [metric.short])]);
  const guess = nearest(name, names);
  return new UsageError({
    what: `metric '${name}' is not known`,
    ...(guess !== null && { why: `did you mean '${guess}'?` }),
    mend: `the figures of \`pagetrail cost --json\`, such as ${METRICS.slice(0, 2)
      .map((metric) => metric.name)
      .join(', ')}, bytesTransferred, ns.overhead`,
  });
}

const UNITS: Readonly<Record<MetricUnit, Readonly<Record<string, number>>>> = {
  count: {},
  pages: { pages: 1 },
  ratio: {},
  ns: TIME_UNITS,
  bytes: SIZE_UNITS,
};

function limitOf(metric: Metric, text: string): Limit {
  const [, sign, percent] = /^([+-])(\d+(?:\.\d+)?)\s*%$/.exec(text) ?? [];
  if (percent !== undefined && !(sign === '-' && Number(percent) > 100)) {
    return { kind: 'relative', factor: 1 + (sign === '-' ? -1 : 1) * (Number(percent) / 100) };
  }
  const times = /^(\d+(?:\.\d+)?)x$/.exec(text)?.[1];
  if (times !== undefined) return { kind: 'relative', factor: Number(times) };
  const value = amount(text, UNITS[metric.unit]);
  if (value !== null && Number.isFinite(value)) return { kind: 'absolute', value };
  const units = Object.keys(UNITS[metric.unit]);
  throw new UsageError({
    what: `'${text}' is not a limit of ${metric.name}`,
    why: `a limit is a number${units.length === 0 ? ' without a unit' : `, plain or in ${units.join(', ')}`}; or, of the baseline, +N%, -N% or Nx`,
    mend: `for instance ${metric.name}=${metric.unit === 'ns' ? '500us' : metric.unit === 'bytes' ? '64KiB' : '1000'}, ${metric.name}=+2% or ${metric.name}=1.1x`,
  });
}

/** Throws a `UsageError` where a rule is about a baseline and none is given. */
export function requireBaseline(rules: readonly Rule[]): void {
  const relative = rules.find((rule) => rule.kind !== 'no' && rule.limit.kind === 'relative');
  if (relative === undefined) return;
  throw new UsageError({
    what: `the rule '${relative.text}' needs a baseline`,
    why: 'its limit is relative to the figure of another trail',
    mend: 'add --baseline BASE.trail, or give a number',
  });
}

/**
 * Reads `{"no": [ids], "max": {metric: limit}, "min": {metric: limit}}`; a limit is text as on the command line, or a number.
 * @param path what errors call the file. Throws a `UsageError` for whatever is not that.
 */
export function rulesOfFile(text: string, path: string, detectors: readonly string[]): Rule[] {
  const wrong = (why: string): UsageError =>
    new UsageError({
      what: `${path} is not a gate`,
      why,
      mend: 'write {"no": ["lost-write"], "max": {"faults": "+2%"}, "min": {"writes": 1000}}',
    });
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch (error) {
    throw wrong(`it is not JSON: ${(error as Error).message}`);
  }
  if (!isObject(file)) throw wrong('it must be one object');
  const rules: Rule[] = [];
  for (const [key, value] of Object.entries(file)) {
    if (key === 'no') {
      if (!Array.isArray(value) || !value.every((id) => typeof id === 'string'))
        throw wrong("'no' must be a list of detector ids");
      rules.push(...value.map((id) => within(path, () => noRule(id, detectors))));
    } else if (key === 'max' || key === 'min') {
      if (!isObject(value)) throw wrong(`'${key}' must be an object of limits by metric`);
      for (const [metric, limit] of Object.entries(value)) {
        if (typeof limit !== 'string' && typeof limit !== 'number')
          throw wrong(`the limit of '${metric}' must be a number or text`);
        rules.push(within(path, () => limitRule(key, `${metric}=${limit}`)));
      }
    } else {
      const guess = nearest(key, ['no', 'max', 'min']);
      throw wrong(`'${key}' is not one of no, max, min${guess === null ? '' : `; did you mean '${guess}'?`}`);
    }
  }
  return rules;
}

/** Says in which file a rule is wrong. */
function within<Result>(path: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError({
      what: `${path}: ${error.what}`,
      ...(error.why !== undefined && { why: error.why }),
      ...(error.mend !== undefined && { mend: error.mend }),
    });
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
