/** `info`: what a trail says about itself, without reading its events. */
import type { TrailReader } from '../../traces/index.js';
import { defineCommand } from '../command.js';
import { bytes, count, counted, nanoseconds } from '../format.js';
import type { Output } from '../output.js';
import { columns, table } from '../table.js';
import { trackersText } from '../trackers.js';
import { openTrail } from '../trail.js';

export const info = defineCommand({
  name: 'info',
  group: 'Look',
  summary: 'what was recorded, how, and how much of it',
  about: 'Prints what a trail says about itself: strategy, machine, source, events by kind. Reads no event.',
  examples: [
    { line: 'pagetrail info a.trail', about: 'for people' },
    { line: 'pagetrail info a.trail --json | jq .kinds', about: 'for scripts' },
  ],
  configure(command) {
    command.argument('<trail>', 'the trail to look at');
  },
  async run(context, args) {
    const reader = await openTrail(context, args[0]!);
    const { recordedMachine } = await import('../../recorder/index.js');
    const answer = infoOf(reader);
    const special = Object.entries(recordedMachine(reader.meta)).map(([name, value]) => optionText(name, value));
    return { json: () => answer, print: (out) => print(out, reader, answer, special) };
  },
});

type Info = ReturnType<typeof infoOf>;

function infoOf(reader: TrailReader) {
  const { meta, ending, counts } = reader;
  return {
    formatVersion: reader.formatVersion,
    mode: meta.mode,
    strategy: meta.strategy,
    variant: meta.variant ?? null,
    vm: meta.vm ?? null,
    mutations: meta.mutations,
    arch: meta.arch,
    vma: meta.vma,
    // Before the ending is written the actors tell: one of them is the program, on each CPU.
    cpus: ending?.cpus ?? Math.max(1, meta.actors.filter((actor) => actor.startsWith('program')).length),
    pages: counts['map'] ?? 0,
    events: reader.events,
    writes: counts['write'] ?? 0,
    kinds: counts,
    epochs: counts['harvest-end'] ?? 0,
    timeNs: reader.chunks.at(-1)?.timeLast ?? 0,
    complete: ending?.complete ?? false,
    incompleteReason: ending === null ? 'no ending' : ending.incompleteReason,
    bytes: reader.bytes,
    source: meta.source,
    seed: meta.seed,
    harvestEvery: meta.harvestEvery,
    populate: meta.populate,
    interleave: meta.interleave,
    tlb: meta.tlb,
    options: meta.options,
    spaces: meta.spaces,
    costProfile: meta.costProfile.id,
    carriers: meta.carriers,
    skipped: { lines: ending?.skippedLines ?? 0, firstLine: ending?.firstSkippedLine ?? null },
  };
}

/** A setting as it is asked for on the command line. */
function optionText(name: string, value: unknown): string {
  const option = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  return value === true ? option : `${option} ${String(value)}`;
}

function print(out: Output, reader: TrailReader, answer: Info, special: readonly string[]): void {
  const { style } = out;
  const mutations = answer.mutations.length === 0 ? '' : style.red(` with ${answer.mutations.join(', ')}`);
  const { source, tlb } = answer;
  const harvests = answer.harvestEvery === 0 ? 'at the end only' : `every ${count(answer.harvestEvery)} writes`;
  const facts: Array<readonly [string, string]> = [
    ['strategy', `${trackersText(answer)}${mutations}`],
    ['machine', `${answer.arch}, ${answer.vma}, ${counted(answer.cpus, 'CPU')}, TLB of ${tlb.sets} x ${tlb.ways}`],
    ...(special.length === 0 ? [] : [['', special.join(' ')] as const]),
    [
      'source',
      `${source.kind} ${source.name}${parametersOf(source.parameters)}${source.reads ? ', loads played' : ''}`,
    ],
    ['run', `${answer.interleave}, ${answer.populate} mapping, harvest ${harvests}, seed ${answer.seed}`],
    ['costs', answer.costProfile],
    ['consumer reads', answer.carriers.join(', ')],
    ...answer.spaces.flatMap(({ kind, carriers }, space) =>
      carriers === undefined
        ? []
        : [['', `in space ${space} (${kind}): ${carriers.length === 0 ? 'nothing' : carriers.join(', ')}`] as const],
    ),
    ['writes', `${count(answer.writes)} in ${counted(answer.epochs, 'epoch')}, ${counted(answer.pages, 'page')}`],
    ['time', nanoseconds(answer.timeNs)],
    ['file', `${bytes(answer.bytes)}, format ${answer.formatVersion}, ${counted(reader.chunks.length, 'chunk')}`],
    ['complete', answer.complete ? 'yes' : style.yellow(`no: ${answer.incompleteReason}`)],
  ];
  if (answer.skipped.lines > 0) {
    facts.push([
      'skipped',
      `${counted(answer.skipped.lines, 'line')} of the source, the first is line ${answer.skipped.firstLine}`,
    ]);
  }
  out.line(style.bold(reader.path));
  for (const [name, value] of facts) out.line(`  ${name.padEnd(14)}  ${value}`);
  out.line();
  const kinds = Object.entries(answer.kinds).sort(([, a], [, b]) => b - a);
  out.line(
    table(
      columns('kind', 'events>'),
      [...kinds.map(([kind, n]) => [kind, count(n)]), ['total', count(answer.events)]],
      style,
      2,
    ),
  );
}

function parametersOf(parameters: Readonly<Record<string, string | number | boolean>>): string {
  const list = Object.entries(parameters)
    // What a counterexample carries to be run again is for machines.
    .filter(([name]) => name !== 'again')
    .map(([name, value]) => `${name} ${typeof value === 'number' ? count(value) : value}`);
  return list.length === 0 ? '' : ` (${list.join(', ')})`;
}
