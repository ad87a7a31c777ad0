/**
 * A flush that is missing, or comes too late: a CPU wrote through what it had cached, and memory had taken the right or the mark away before. Whoever took it
 * owes the flush before it lets go of the entry. Where others can know that it is put off, because that is told or the custom, whoever relies on it has to ask.
 */
import { PTE_DIRTY, PTE_PRESENT, PTE_WRITABLE } from '../../../traces/index.js';
import { Op } from '../../../simulator/index.js';
import { addFlush } from '../../repairs/flush.js';
import type { Offence } from '../offence.js';
import type { Act, Run } from '../run.js';
import { leavesWord, underSameLock } from './hold.js';
import { type FindSuspects, stepName, type Suspect, trial } from './suspect.js';

const RESTRICTS = PTE_PRESENT | PTE_WRITABLE | PTE_DIRTY;

/** A suspect that did something. */
type Owner = Suspect & { readonly act: Act };

export const lateFlushes: FindSuspects = (run, offence) => {
  const waits = notWaiting(run, offence);
  if (waits !== null) return [waits];
  if (run.rule === 'decided-before-flush') return deciders(run, offence);
  if (!offence.throughStale || offence.write === null) return [];
  const { write } = offence;
  const owners = ownersFor(run, run.execution.staged.actors[write.actor]!.cpu, write.op.page, write.step);
  const claims = run.rule === 'write-after-revoke' || run.rule === 'wrong-frame-write';
  if (!claims) return owners.filter(({ act }) => !isInTime(run, act));
  const relies = relying(run, offence);
  const isKnown = ({ act }: Owner) => relies !== null && isKnownTo(run, act, relies.act);
  return [...owners.filter((one) => !isKnown(one)), ...(relies === null ? [] : [relies]), ...owners.filter(isKnown)];
};

/** Flushed before the lock was dropped, as it should be; it would have helped to do it earlier still. */
export const flushesUnderLock: FindSuspects = (run, { throughStale, write }) => {
  if (!throughStale || write === null) return [];
  const { cpu } = run.execution.staged.actors[write.actor]!;
  return ownersFor(run, cpu, write.op.page, write.step).filter(({ act }) => isInTime(run, act));
};

/** Of every CPU that could still write when it was decided. */
function deciders(run: Run, { home, until }: Offence): Suspect[] {
  const { cpus, nextOfHome } = run.scene.shape;
  const found: Suspect[] = [];
  for (let page = home; page >= 0; page = nextOfHome[page]!)
    for (let cpu = 0; cpu < cpus; cpu++)
      if (run.isStale(until - 1, cpu, page)) found.push(...ownersFor(run, cpu, page, until - 1));
  return found;
}

/** Whoever took from the entry what the CPU then had too much, the last one first, with a flush right behind that. */
function ownersFor(run: Run, cpu: number, page: number, until: number): Owner[] {
  const found = new Map<string, Owner>();
  for (const act of run.acts.toReversed()) {
    if (act.step > until || act.op.page !== page || (run.taken(act) & RESTRICTS) === 0) continue;
    const isStaleBy = !run.isStale(act.step - 1, cpu, page) && run.isStale(act.step, cpu, page);
    if (!isStaleBy || found.has(act.line)) continue;
    const how = timingOf(run, act);
    const step = `'${stepName(run.setting, act.op.step)}'`;
    found.set(act.line, {
      who: act.who,
      step: 'flush',
      how,
      act,
      says: `${act.who} ${TIMING[how]} ${step}`,
      trials: [trial(`a flush right after ${step}`, addFlush(act.line))],
    });
  }
  return [...found.values()];
}

const TIMING = {
  late: 'flushes too late after',
  early: 'flushes before, and not after',
  missing: 'does not flush after',
} as const;

/** Whether a flush comes at all: in the same piece, after what was taken or before. */
function timingOf(run: Run, act: Act): keyof typeof TIMING {
  const flushes = ({ op }: Act) => op.code === Op.flushSend;
  if (run.followers(act).some(flushes)) return 'late';
  return run.leaders(act).some((one) => flushes(one) && one.op.page === act.op.page) ? 'early' : 'missing';
}

/** It is flushed before the lock is dropped under which it was taken. */
function isInTime(run: Run, act: Act): boolean {
  return underSameLock(run, act).some(({ op }) => op.code === Op.flushWait);
}

/** Whoever relies can know that a flush may be owed: word is left of it, others put theirs off as well, or it is its own code that does. */
function isKnownTo(run: Run, act: Act, relies: Act): boolean {
  const putsOff = (one: Act) =>
    (run.taken(one) & RESTRICTS) !== 0 && timingOf(run, one) === 'late' && !isInTime(run, one);
  return (
    act.actor === relies.actor ||
    run.kindOf(act) === run.kindOf(relies) ||
    leavesWord(run, act) ||
    run.acts.some((one) => one.actor !== act.actor && one.op.page === act.op.page && putsOff(one))
  );
}

/** Whoever claimed something about the page while a CPU could still write it, with a flush somewhere before that. */
function relying(run: Run, { home, until }: Offence): Owner | null {
  const claim = run.acts.findLast((act) => act.step <= until && act.op.code === Op.declare && run.isOn(act, home));
  if (claim === undefined) return null;
  const before = run.leaders(claim);
  const lines = new Map(before.filter((act) => run.isCode(act)).map((act) => [act.line, act]));
  const step = stepName(run.setting, claim.op.step);
  return {
    who: claim.who,
    step: 'flush',
    how: 'missing',
    act: before.at(-1) ?? claim,
    says: `${claim.who} relied on a flush that another still owed, and did not flush itself before '${step}'`,
    trials: [...lines.values()]
      .toReversed()
      .map(({ line, op }) =>
        trial(`a flush after '${stepName(run.setting, op.step)}' of ${claim.who}`, addFlush(line)),
      ),
  };
}

/** A flush that does not wait until the CPU is between two instructions. */
function notWaiting({ setting, acts }: Run, { write }: Offence): Suspect | null {
  const { unwaited = [] } = setting;
  const sent = acts.findLast(({ op, at }) => op.code === Op.flushSend && (write === null || at < write.at));
  if (unwaited.length === 0 || sent === undefined) return null;
  return {
    who: sent.who,
    step: stepName(setting, sent.op.step),
    how: 'wrong',
    act: sent,
    says: `the flush of ${sent.who} does not wait for what the CPU has begun`,
    trials: [{ text: 'a flush that waits', apply: (one) => ({ ...one, unwaited: [] }) }],
  };
}
