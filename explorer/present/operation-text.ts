/** A micro-operation and its result in the words of kernel people, short enough for a cell of a table. */
import { CLAIMS, EXIT_REASONS, FAULT_HANDLERS } from '../../traces/index.js';
import {
  ACTOR_DEVICE,
  ACTOR_KERNEL,
  Cover,
  LOCK,
  Lookup,
  type MicroOp,
  Op,
  STEP_NAMES,
  Walk,
} from '../../simulator/index.js';
import { carrierName, flagsText, lockName, type Names } from './names.js';

/** Operations that need not be told of when they came along with another: bookkeeping, and questions whose answer shows in what follows. */
const BESIDE = new Set<number>([
  Op.flushQueue,
  Op.walkEnd,
  Op.populate,
  Op.compareContents,
  Op.nextRun,
  Op.nextRunWithin,
  Op.lastMarked,
  Op.recall,
]);

/** Whether an operation that came along with another is left out of a table. */
export function isBeside({ code }: MicroOp): boolean {
  return BESIDE.has(code);
}

/** An operation and its result: `pte load: P W`, `and-not W: was P W D`. */
export function operationText(op: MicroOp, result: number, names: Names): string {
  const { a, b } = op;
  const of = names.suffixes[op.page] ?? '';
  const where = of === '' ? '' : `,${of}`;
  switch (op.code) {
    case Op.pteLoad:
      return `pte load${of}: ${flagsText(result)}`;
    case Op.pteStore:
      return `pte store${of} ${flagsText(a)}: was ${flagsText(result)}`;
    case Op.pteExchange:
      return `${a === 0 ? `pte get-and-clear${of}` : `pte xchg${of} ${flagsText(a)}`}: was ${flagsText(result)}`;
    case Op.pteChange:
      return `${changeText(b, a)}${where}: was ${flagsText(result)}`;
    case Op.pteUpgrade:
      return `${changeText(a, b)}${where}: was ${flagsText(result)}`;
    case Op.pteUnmap:
      return `pte clear${of}: was ${flagsText(result)}`;
    case Op.pteMonitor:
      return `monitor sets${of} ${flagsText(a)}: was ${flagsText(result)}`;
    case Op.mapPage:
      return `pte install${of}: ${flagsText(a)}`;
    case Op.replaceFrame:
      return `replace frame${of}, pte ${flagsText(a)}: was ${flagsText(result)}`;
    case Op.discardFrame:
      return `discard frame${of}`;
    case Op.moveFrame:
      return `move frame${of}${result === 0 ? ': still mapped' : ''}`;

    case Op.markSet:
    case Op.recordEntry:
      return `mark ${carrierName(a)}${of}${result === 1 ? ': was set' : ''}`;
    case Op.markClear:
      return `clear ${carrierName(a)}${of}`;
    case Op.markTest:
      return `test ${carrierName(a)}${of}: ${result}`;
    case Op.markMove:
      return `${b < 0 ? `take ${carrierName(a)}` : `${carrierName(a)} to ${carrierName(b)}`}${of}${result === 0 ? ': not set' : ''}`;
    case Op.nextRun:
    case Op.nextRunWithin:
      return `${op.page < 0 ? 'first' : 'next'} ${selection(a)}: ${pageText(result, names)}`;
    case Op.lastMarked:
      return `last ${selection(a)}: ${pageText(result, names)}`;

    case Op.flushQueue:
      return `flush owed${of}`;
    case Op.flushSend:
      return `flush send${op.c === Cover.all ? ' all' : op.c === Cover.space ? ' mm' : of}`;
    case Op.flushWait:
      return 'flush done';
    case Op.notify:
      return `notifier ${a === 0 ? 'start' : 'end'}${of}`;
    case Op.cacheFlush:
      return `write back caches${of}`;
    case Op.report:
      return `report${of}`;
    case Op.transfer:
      return `transfer${of}`;
    case Op.switchMethod:
      return `method ${names.methods[a] ?? a} to ${names.methods[b] ?? b}`;

    case Op.lock:
    case Op.unlock:
      return `${op.code === Op.lock ? 'lock' : 'unlock'} ${lockName(a)}${a === LOCK['page-table'] ? (names.tables[op.page] ?? '') : of}`;
    case Op.stopProgram:
      return 'stop program';
    case Op.resumeProgram:
      return 'resume program';

    case Op.tlbLookup:
      return `lookup${of}: ${lookupText(result, names)}`;
    case Op.walkForStore:
    case Op.walkForLoad:
      return `walk${of}: ${walkText(result)}`;
    case Op.setDirty:
      return `walk${of}: ${setDirtyText(result)}`;
    case Op.setSecondDirty:
      return `walk${of}: ${result === Walk.filled ? 'sets D of the host' : walkText(result)}`;
    case Op.commit:
      return `store${of}`;
    case Op.load:
      return `load${of}`;
    case Op.retire:
      return 'retire';
    case Op.faultEnter:
      return `fault${of}: ${FAULT_HANDLERS[result] ?? result}`;
    case Op.violation:
      return `VM exit${of}: ${FAULT_HANDLERS[result] ?? result}`;
    case Op.enterKernel:
      return 'enter kernel';
    case Op.resume:
      return STEP_NAMES[op.step] === 'exit to the monitor' ? 'VM entry' : 'return';
    case Op.exit:
      return `VM exit: ${EXIT_REASONS[a] ?? a}`;
    case Op.kick:
      return `kick ${names.cpu(a)}${result === 0 ? ': never ran' : ''}`;
    case Op.logTake:
      return `take from ${b === 0 ? 'PML' : 'ring'}${a < 0 ? '' : ` of ${names.cpu(a)}`}: ${pageText(result, names)}`;
    case Op.ringPush:
      return `push to ring${of}${result === 1 ? ': full' : ''}`;
    case Op.otherWrite:
      return `${op.c === ACTOR_DEVICE ? 'DMA write' : op.c === ACTOR_KERNEL ? 'kernel write' : 'write around tables'}${of}`;

    case Op.declare:
      return `declare ${CLAIMS[a] ?? a}${of}`;
    case Op.remember:
      return `${names.variable(a)} becomes ${b}: was ${result}`;
    case Op.recall:
      return `read ${names.variable(a)}: ${result}`;
    default:
      return `${codeName(op.code)}${of}`;
  }
}

/** An atomic update of an entry, as the operation of the machine that it is. */
function changeText(set: number, clear: number): string {
  const cleared = clear === 0 ? '' : `and-not ${flagsText(clear)}`;
  const added = set === 0 ? '' : `or ${flagsText(set)}`;
  return [cleared, added].filter((part) => part !== '').join(', ') || 'and-not nothing';
}

function lookupText(result: number, names: Names): string {
  if (result === Lookup.miss) return 'miss';
  if (result === Lookup.readOnly) return 'hit ro';
  return result === Lookup.dirty && !names.changeBitInFrame ? 'hit W D' : 'hit W';
}

const WALK_TEXT: Readonly<Record<number, string>> = {
  [Walk.filled]: 'cached',
  [Walk.needsDirty]: 'D is clear',
  [Walk.notPresent]: 'not present',
  [Walk.readOnly]: 'not writable',
  [Walk.needsSecondDirty]: 'now the host',
  [Walk.violation]: 'host refuses',
  [Walk.logFull]: 'PML full',
};

function walkText(result: number): string {
  return WALK_TEXT[result] ?? `${result}`;
}

function setDirtyText(result: number): string {
  if (result === Walk.filled) return 'sets D';
  if (result === Walk.needsSecondDirty) return 'sets D, now the host';
  return `no D set, ${walkText(result)}`;
}

function selection(carrier: number): string {
  return carrier === -1 ? 'page' : carrier === -2 ? 'page that differs' : `in ${carrierName(carrier)}`;
}

function pageText(page: number, names: Names): string {
  return page < 0 ? 'none' : names.pages[page]!;
}

/** `nextMapping` as `next mapping`. */
function codeName(code: number): string {
  const name = Object.entries(Op).find(([, one]) => one === code)?.[0] ?? `operation ${code}`;
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
