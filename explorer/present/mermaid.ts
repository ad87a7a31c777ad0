/** A run as a Mermaid sequence diagram, for issues and commit pages: who talks to memory, who waits for whose flush, and where a rule is broken. */
import { Op, type OpCode } from '../../simulator/index.js';
import type { Execution, Step } from '../execution.js';
import { diagnose, type DiagnosisOptions } from './diagnosis.js';
import { Moments } from './moments.js';
import { knowing, type Names, namesOf } from './names.js';
import { isBeside, operationText } from './operation-text.js';
import { wrapText } from './render-table.js';
import { actorOf, stepText } from './table.js';

const MEMORY = 'memory';
const CONSUMER = 'consumer';
/** Characters of a line in a note. */
const NOTE_WIDTH = 60;

/** What an actor does by itself; everything else is a message to memory, but what `TO_CONSUMER` names. */
const BY_ITSELF: ReadonlySet<OpCode> = new Set([
  Op.tlbLookup,
  Op.faultEnter,
  Op.violation,
  Op.enterKernel,
  Op.resume,
  Op.exit,
  Op.flushWait,
  Op.stopProgram,
  Op.resumeProgram,
  Op.kick,
  Op.remember,
  Op.recall,
  Op.declare,
]);
const TO_CONSUMER: ReadonlySet<OpCode> = new Set([Op.report, Op.transfer]);
/** The end of an instruction is no message. */
const UNSAID: ReadonlySet<OpCode> = new Set([Op.retire]);

export function mermaidOf(execution: Execution, options: DiagnosisOptions = {}): string {
  const moments = new Moments(execution);
  const names = namesOf(execution.prepared);
  const ids = participants(execution, names);
  const messages = execution.steps.flatMap((step, at) => [
    ...messagesOf(step, at + 1, moments, names),
    ...(step.broken.length > 0
      ? [note(participant(actorOf(step)), `step ${at + 1} breaks ${step.broken.join(', ')}`)]
      : []),
  ]);
  const found = diagnose(execution, options);
  const end =
    found === null
      ? []
      : [`note over ${[...ids.keys()][0]},${CONSUMER}: ${noteText(`${found.rule}: ${found.sentence}`)}`];
  const lines = [...[...ids].map(([id, name]) => `participant ${id} as ${escaped(name)}`), ...messages, ...end];
  return ['sequenceDiagram', ...lines.map((line) => `  ${line}`), ''].join('\n');
}

/** A text as it may stand in a diagram: `;` ends a statement there and `#` begins an entity. */
export function escaped(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '#': '#35;',
    ';': '#59;',
    '<': '#lt;',
    '>': '#gt;',
    '%': '#37;',
  };
  return text.replace(/[#;<>%]/g, (char) => entities[char]!).replace(/\s+/g, ' ');
}

/** Names by id, in the order in which they stand: actors, CPUs without one, memory, the consumer. */
function participants({ steps }: Execution, names: Names): Map<string, string> {
  const ids = new Map(names.actors.map((name, actor) => [participant(actor), name]));
  for (const step of steps) {
    const at = actorOf(step);
    if (!ids.has(participant(at))) ids.set(participant(at), names.cpu(at));
  }
  return ids.set(MEMORY, 'page table and memory').set(CONSUMER, 'consumer');
}

function participant(actor: number): string {
  return `actor${actor}`;
}

function messagesOf(step: Step, number: number, moments: Moments, names: Names): string[] {
  const { choice, operations, label } = step;
  const from = participant(actorOf(step));
  if (choice.kind === 'acknowledge')
    return [message(from, '-->>', participant(choice.sender), number, stepText(step, names))];
  if (choice.kind === 'evict') return [message(from, '->>', from, number, stepText(step, names))];
  const short = knowing(names, label);
  return operations.flatMap(({ op, result }, at) => {
    if (UNSAID.has(op.code) || (at > 0 && isBeside(op))) return [];
    const text = operationText(op, result, short);
    if (op.code === Op.flushSend)
      return flushed(moments, number, choice.actor).map((to) => message(from, '-)', to, number, text));
    const to = TO_CONSUMER.has(op.code) ? CONSUMER : BY_ITSELF.has(op.code) ? from : MEMORY;
    return [message(from, '->>', to, number, text)];
  });
}

/** Whom a flush is sent to; the sender itself where nobody has to be told. */
function flushed(moments: Moments, step: number, sender: number): string[] {
  const state = moments.after(step);
  const awaited = state.get(state.awaited + sender);
  const { actors } = moments.model;
  const targets = Array.from({ length: state.shape.cpus }, (_, cpu) => cpu).filter((cpu) => awaited & (1 << cpu));
  if (targets.length === 0) return [participant(sender)];
  return targets.map((cpu) => {
    const actor = actors.findIndex((one) => one.cpu === cpu);
    return participant(actor < 0 ? cpu : actor);
  });
}

function message(from: string, arrow: string, to: string, step: number, text: string): string {
  return `${from}${arrow}${to}: ${step} ${escaped(text)}`;
}

function note(over: string, text: string): string {
  return `note over ${over}: ${noteText(text)}`;
}

function noteText(text: string): string {
  return wrapText(escaped(text), NOTE_WIDTH).join('<br/>');
}
