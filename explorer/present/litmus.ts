/** Writes a litmus file: a program small enough to read, perhaps with the schedule that breaks it, for `pagetrail explore FILE` to read back. */
import { perform } from '../execution.js';
import { prepare, type Prepared } from '../prepare.js';
import { choiceWords } from './choice-words.js';
import { deedsText } from '../program-words.js';
import {
  COUNT_KEYS,
  DECIDES_KEY,
  type Litmus,
  LITMUS_HEADER,
  LITMUS_VERSION,
  MACHINE_KEYS,
  settingOf,
} from './litmus-format.js';
import { flagsText, knowing, namesOf, pageNumberText } from './names.js';
import { stateColumns } from './state-columns.js';
import { stepText } from './table.js';

/** Where the notes beside a schedule begin, at least. */
const NOTE_COLUMN = 24;

export function litmusText(litmus: Litmus): string {
  const prepared = prepare(settingOf(litmus), litmus.reduce);
  return [
    `${LITMUS_HEADER} ${LITMUS_VERSION}`,
    ...programLines(litmus),
    '',
    ...storyOf(prepared, settingOf(litmus).assumes).map((line) => `# ${line}`.trimEnd()),
    '',
    ...(litmus.schedule === null ? [] : ['schedule', ...scheduleLines(litmus, litmus.schedule, prepared), '']),
    litmus.expects === 'safe' ? 'forall (safe)' : `exists (${litmus.expects})`,
    '',
  ].join('\n');
}

function programLines({ scenario, strategyProgram, variant, arch, reduce }: Litmus): string[] {
  const lines: string[] = [];
  const add = (key: string, value: string | number | boolean | null) => {
    if (value !== null) lines.push(`${key}=${value}`);
  };
  if (strategyProgram === null) {
    add('scenario', scenario);
    add('variant', variant);
    add('arch', arch);
  } else {
    for (const key of Object.keys(MACHINE_KEYS) as Array<keyof typeof MACHINE_KEYS>) {
      const value = strategyProgram.machine[key];
      if (value !== undefined) add(`machine.${key}`, Array.isArray(value) ? value.join(',') : String(value));
    }
    const { does, decides } = strategyProgram;
    for (const key of COUNT_KEYS) if (key !== 'writes' || does === undefined) add(key, strategyProgram[key]);
    does?.forEach((deeds, cpu) => add(`cpu${cpu}`, deedsText(deeds)));
    if (decides !== undefined) add(DECIDES_KEY, decides.join(','));
  }
  if (reduce) add('reduce', true);
  return lines;
}

/** How things stand at first, and what each actor does from there: for people, and passed over by the reader. */
function storyOf(prepared: Prepared, assumes: readonly string[]): string[] {
  const { model } = prepared;
  const { state } = model;
  const names = namesOf(prepared);
  const entries = names.pages.map(
    (name, page) => `  ${name} (${pageNumberText(state.shape, page)}): ${flagsText(state.get(state.flags + page))}`,
  );
  const others = stateColumns(state, names)
    .filter(({ kind, nothing }) => nothing !== null && !kind.endsWith('PTE'))
    .flatMap((column) => {
      const text = column.text(state);
      return text === column.nothing ? [] : [`  ${column.kind} ${column.of}`.trimEnd() + `: ${text}`];
    });
  return [
    'At first:',
    ...entries,
    ...others,
    'Then:',
    ...model.actors.map(
      ({ pieces }, actor) => `  ${names.actors[actor]}: ${pieces.map(({ label }) => label).join('; ')}`,
    ),
    'Assuming that',
    ...assumes.map((one) => `  ${one}`),
  ];
}

/** One choice a line, with what came of it. */
function scheduleLines(litmus: Litmus, schedule: readonly number[], prepared: Prepared): string[] {
  const words = choiceWords(prepared);
  const width = Math.max(NOTE_COLUMN, ...schedule.map((choice) => words[choice]!.length));
  const { steps, prepared: performed } = perform(settingOf(litmus), schedule, litmus.reduce);
  const names = namesOf(performed);
  return steps.map((step, at) => {
    const note = step.choice.kind === 'step' ? `${at + 1} ${stepText(step, knowing(names, step.label))}` : `${at + 1}`;
    return `${words[schedule[at]!]!.padEnd(width)}  # ${note}`;
  });
}
